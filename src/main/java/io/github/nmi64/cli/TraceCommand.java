package io.github.nmi64.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nmi64 trace}: a run that shows every instruction. */
@Command(
        name = "trace",
        description = "Run a fixture and print every instruction and event, then the result; the same as 'run "
                + "--trace text'.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 trace cpu/sti-shadow",
            "  nmi64 trace rfc/plain --nmi at=victim_start --trace-out plain.txt",
            "  nmi64 trace --kernel vmlinuz --victim syscall --nmi at=entry_SYSCALL_64 | less -S",
            "  nmi64 trace fixture.S --max-instructions 100 | less -S"
        })
final class TraceCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final RunArguments arguments = new RunArguments();

    @Mixin
    private final RunOutput output = new RunOutput();

    @Option(
            names = "--trace",
            paramLabel = "text|jsonl",
            converter = TraceForm.Words.class,
            completionCandidates = TraceForm.Words.class,
            defaultValue = "text",
            description = "Columns (text) or one JSON object per line (jsonl). Default: text.")
    private TraceForm trace = TraceForm.TEXT;

    TraceCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        return new Execution(console, arguments, output, trace).exitCode().number();
    }
}
