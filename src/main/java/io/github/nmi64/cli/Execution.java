package io.github.nmi64.cli;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.report.JsonResult;
import io.github.nmi64.report.RunVerdict;
import io.github.nmi64.report.TextResult;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.Narrator;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.trace.Tee;
import io.github.nmi64.trace.TraceSink;
import io.github.nmi64.trace.sink.StepTrace;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run as the user asked for it: trace, progress, result, exit code. */
final class Execution {
    private final Console console;
    private final RunArguments arguments;
    private final RunOutput output;
    private final @Nullable TraceForm trace;

    /** {@code trace} is null if none is wanted. */
    Execution(Console console, RunArguments arguments, RunOutput output, @Nullable TraceForm trace) {
        this.console = console;
        this.arguments = arguments;
        this.output = output;
        this.trace = trace;
    }

    /** Runs, prints and judges. */
    ExitCode exitCode() {
        Fixtures fixtures = new Fixtures(new Assembler(console.environment()));
        Fixture fixture = arguments.fixture(fixtures);
        FixtureRun run = arguments.runOf(fixture);
        Narrator story = new Narrator(run);
        TraceSink listener = output.result() == ResultForm.TEXT ? story : TraceSink.NONE;
        RunReport report = trace == null
                ? report(run, listener)
                : traced(run, fixture, listener, trace, arguments.inputs(fixtures));
        RunVerdict verdict = RunVerdict.of(report, output.allowsUnfired());
        ExitCode code = ExitCode.of(verdict);
        if (output.result() == ResultForm.JSON) {
            console.print(JsonResult.text(report));
            report.refused().ifPresent(this::explain);
        } else {
            var text = new TextResult(console.style(), report, story, verdict, output.allowsUnfired());
            console.print(text.text("exit code " + code.number()));
        }
        return code;
    }

    /** The JSON result has no place for it. */
    private void explain(RunReport.Refused refused) {
        console.err().println("nmi64: unsupported: " + refused.what() + " (bytes " + refused.bytes() + ")");
    }

    private RunReport traced(FixtureRun run, Fixture fixture, TraceSink listener, TraceForm form, List<Path> inputs) {
        try (OutputFile file = OutputFile.open(console, "--trace-out", output.traceOut(), inputs)) {
            StepTrace sink = form.to(file.writer(), fixture);
            RunReport report = report(run, Tee.of(sink, listener));
            sink.finish();
            file.complete();
            if (output.traceOut() == null && output.result() == ResultForm.TEXT) {
                console.print("\n");
            }
            return report;
        }
    }

    private RunReport report(FixtureRun run, TraceSink sink) {
        run.begin(sink);
        try (Progress progress = new Progress(console, run)) {
            while (run.step()) {
                progress.stepped();
            }
        }
        return run.report();
    }
}
