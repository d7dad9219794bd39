package io.github.nmi64.cli;

import io.github.nmi64.report.CheckJsonReader;
import io.github.nmi64.report.CheckReport;
import io.github.nmi64.report.ShardResults;
import io.github.nmi64.report.UnusableResultException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nmi64 merge}: one answer from the shards of a check. */
@Command(
        name = "merge",
        description = {
            "Join the JSON results of all shards of a check ('check --shard I/N --result json') into one.",
            "",
            "Shards overlap: a state that several shards reached is counted once in each."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 check fixture.S --shard 1/2 --result json > 1.json",
            "  nmi64 check fixture.S --shard 2/2 --result json > 2.json",
            "  nmi64 merge 1.json 2.json"
        })
final class MergeCommand implements Callable<Integer> {
    private static final int LARGEST_RESULT = 64 << 20;

    private final Console console;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = "The JSON result of one shard; give every " + "shard once.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--result",
            paramLabel = "text|json",
            converter = ResultForm.Words.class,
            completionCandidates = ResultForm.Words.class,
            defaultValue = "text",
            description = "Format of the result. Default: text.")
    private ResultForm result = ResultForm.TEXT;

    MergeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        CheckReport joined = joined();
        console.print(result == ResultForm.JSON ? joined.json() : joined.text(console.style(), console.program()));
        return ExitCode.of(joined).number();
    }

    private CheckReport joined() {
        try {
            List<ShardResults.Named> shards = files.stream()
                    .map(file -> new ShardResults.Named(
                            file, CheckJsonReader.read(file, InputText.read("merge", file, LARGEST_RESULT))))
                    .toList();
            return new ShardResults(shards).joined();
        } catch (UnusableResultException e) {
            throw new BadInput("merge: " + e.getMessage());
        }
    }
}
