package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nmi64 check}: every arrival, to a fixpoint or a counterexample. */
@Command(
        name = "check",
        description = {
            "Explore every boundary at which events may arrive, in any number: prove the invariants, or print the"
                    + " shortest schedule that breaks one.",
            "",
            "Layers are explored by number of events, so the first counterexample has the fewest. 'proved' means"
                    + " that no number of events leads to a state that was not visited."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 check rfc/nested-handler",
            "  nmi64 check catalogue/v37-two-int3-user --threads 2",
            "  nmi64 check fixture.S --events nmi,mce --max-events 3 --result json",
            "  nmi64 check fixture.S --shard 1/4 --result json > 1.json",
            "  nmi64 check fixture.S --memory 1000 --save search.ck",
            "  nmi64 check fixture.S --memory 4000 --resume search.ck"
        })
final class CheckCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "FIXTURE",
            description = "A .S file, an ELF file, or the name of a bundled fixture ('nmi64 fixtures list').")
    private String fixture = "";

    @Mixin
    private final CheckArguments arguments = new CheckArguments();

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            description = "Explore the I-th of N parts only (1/1 is everything; N up to 999999): each takes every N-th"
                    + " boundary as the first arrival. 'nmi64 merge' joins the JSON results.")
    private @Nullable String shard;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description =
                    "If the search stops at --memory or --max-events, keep it in FILE, about as large as --memory.")
    private @Nullable String save;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = "Go on with a search kept by --save, of the same fixture, events and shard; give it more"
                    + " --memory or --max-events.")
    private @Nullable String resume;

    @Option(
            names = "--result",
            paramLabel = "text|json",
            converter = ResultForm.Words.class,
            completionCandidates = ResultForm.Words.class,
            defaultValue = "text",
            description = "Words for people or one JSON object. Default: text.")
    private ResultForm result = ResultForm.TEXT;

    CheckCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Fixture resolved = new Fixtures(new Assembler(console.environment())).resolve(fixture);
        CheckOptions options = arguments.options(resolved, shard);
        if (resolved.directives().check().arrivals().isEmpty()) {
            console.err()
                    .println("nmi64: " + fixture + " has no directive 'arrivals': events may arrive anywhere in the"
                            + " run, its set-up included");
        }
        return Checking.run(console, resolved, options, resume, save, this::print)
                .exitCode()
                .number();
    }

    private void print(CheckReport report) {
        console.print(result == ResultForm.JSON ? report.json() : report.text(console));
    }
}
