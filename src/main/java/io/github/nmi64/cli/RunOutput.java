package io.github.nmi64.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How {@code run} and {@code trace} tell the result. Filled in by picocli. */
final class RunOutput {
    @Option(
            names = "--allow-unfired",
            description = "Accept injections that never fire. Default: they are a failure (exit code 1).")
    private boolean allowUnfired;

    @Option(
            names = "--result",
            paramLabel = "text|json",
            converter = ResultForm.Words.class,
            completionCandidates = ResultForm.Words.class,
            defaultValue = "text",
            description = "Format of the result on standard output. Default: text.")
    private ResultForm result = ResultForm.TEXT;

    @Option(
            names = "--trace-out",
            paramLabel = "FILE",
            description = "Write the trace to FILE, which appears when it is complete. Default: standard "
                    + "output, before the result.")
    private @Nullable String traceOut;

    boolean allowsUnfired() {
        return allowUnfired;
    }

    ResultForm result() {
        return result;
    }

    @Nullable
    String traceOut() {
        return traceOut;
    }
}
