package io.github.nmi64.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nmi64 run}: one run, judged. */
@Command(
        name = "run",
        description = "Run a fixture; report what happened to each NMI and whether the fixture's expectations held.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 run rfc/nested-handler",
            "  nmi64 run v33/plain --nmi cycle=20 --nmi at=do_nmi,hit=1",
            "  nmi64 run entry.elf --window window..window_end --nmi cycle=2",
            "  nmi64 run --core vmcore --nmi step=20",
            "  nmi64 run fixture.S --nmi cycle=20 --inject nmi@after=iretq --rules vendor=amd --result json",
            "  nmi64 run --kernel vmlinuz --victim user --handler int3 --nmi at=window",
            "  nmi64 run vmtest.elf --nmi random=42,count=3 --trace jsonl --trace-out vmtest.jsonl"
        })
final class RunCommand implements Callable<Integer> {
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
            description = "Also write a trace of every instruction and event: columns (text) or one JSON object "
                    + "per line (jsonl).")
    private @Nullable TraceForm trace;

    RunCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (trace == null && output.traceOut() != null) {
            throw new BadInput("--trace-out needs --trace text or --trace jsonl");
        }
        return new Execution(console, arguments, output, trace).exitCode().number();
    }
}
