package io.github.nmi64.cli;

import io.github.nmi64.bits.Printable;
import io.github.nmi64.bringup.BringupException;
import io.github.nmi64.bringup.Victim;
import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.NothingToExploreException;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.AssemblerMissingException;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.machine.BootImageException;
import io.github.nmi64.report.CheckReport;
import io.github.nmi64.report.CheckRow;
import io.github.nmi64.report.CheckTable;
import io.github.nmi64.report.JunitXml;
import io.github.nmi64.report.Standing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nmi64 check}: every arrival, to a fixpoint or a counterexample. */
@Command(
        name = "check",
        description = {
            "Inject events at every boundary of a fixture's window, any number of them: prove its invariants, "
                    + "or print a schedule with the fewest events that violates one.",
            "",
            "The search goes layer by layer in the number of events. 'proved' means a fixpoint: no further "
                    + "event leads to a new state.",
            "",
            "Exit code 0: the verdict the fixture expects; if it expects none: proved, or no violation within "
                    + "the requested bound. 1: violated, or not the verdict the fixture expects. 5: memory, "
                    + "instructions or time ran out. With several fixtures, the first of 1, 2, 3, 5 "
                    + "that occurs."
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
            "  nmi64 check fixture.S --events nmi --max-events 3 --result json",
            "  nmi64 check invariants/last-place-matters --apart",
            "  nmi64 check my-fixtures --junit-xml report.xml",
            "  nmi64 check entry.elf --window window..window_end --handler handle_nmi..handle_end",
            "  nmi64 check --kernel vmlinuz --victim kernel --handler int3",
            "  nmi64 check --kernel vmlinuz --all --handler quiet",
            "  nmi64 check --core vmcore --steps 50",
            "  nmi64 check fixture.S --shard 1/4 --result json > 1.json",
            "  nmi64 check fixture.S --max-events 1 --save search.ck",
            "  nmi64 check fixture.S --max-events 2 --resume search.ck"
        })
final class CheckCommand implements Callable<Integer> {
    private final Console console;
    private final Fixtures fixtures;

    @Parameters(
            arity = "0..*",
            paramLabel = "FIXTURE|DIR",
            completionCandidates = BundledNames.class,
            description = "A .S file, an ELF file, the name of a bundled fixture ('nmi64 fixtures list'), or a "
                    + "directory: all its .S and .elf files that have a window.")
    private List<String> names = new ArrayList<>();

    @Mixin
    private final FixtureArguments image = new FixtureArguments();

    @Mixin
    private final CheckArguments arguments = new CheckArguments();

    @Option(
            names = "--all",
            description = "With --kernel: every victim with every bundled handler, a line each; --victim or --handler "
                    + "keep to one.")
    private boolean all;

    @Option(
            names = "--apart",
            description = "Also tell which words of memory keep states apart: of a sample of states that agree in "
                    + "everything else, in how many pairs a word differs, and in how many it is the only difference.")
    private boolean apart;

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            description = "Explore shard I of N only (N up to 999999): every N-th boundary as the place of the "
                    + "first event. 'nmi64 merge' joins the JSON results of all shards.")
    private @Nullable String shard;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description = "If the search stops at --memory, --max-events, --max-seconds or Ctrl-C, save it to FILE, "
                    + "which may become as large as --memory.")
    private @Nullable String save;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = "Continue a search saved by --save, with the same fixture, events and shard and a "
                    + "higher --memory, --max-events or --max-seconds.")
    private @Nullable String resume;

    @Option(
            names = "--junit-xml",
            paramLabel = "FILE",
            description = "Also write the results to FILE as JUnit XML, one test case per fixture.")
    private @Nullable String junit;

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "Also write the results to FILE as a table in Markdown, a row per fixture.")
    private @Nullable String markdown;

    @Option(
            names = "--result",
            paramLabel = "text|json",
            converter = ResultForm.Words.class,
            completionCandidates = ResultForm.Words.class,
            defaultValue = "text",
            description = "Format of the result: text (one line per fixture if there are several) or one JSON object "
                    + "per fixture, one per line. Default: text.")
    private ResultForm result = ResultForm.TEXT;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    CheckCommand(Console console) {
        this.console = console;
        this.fixtures = new Fixtures(new Assembler(console.environment()));
    }

    /** A fixture that may yet turn out not to be one. */
    private record Target(String name, boolean isOfDirectory, List<String> words, Supplier<Fixture> fixture) {}

    @Override
    public Integer call() {
        boolean isKernel = image.kernel().isGiven();
        boolean isCore = image.core().isGiven();
        if (isCore && !names.isEmpty()) {
            throw new BadInput("give FIXTURE '" + Printable.of(names.get(0)) + "' or --core, not both");
        }
        if (!isCore) {
            image.core().checkUnused();
        }
        if (isKernel && !names.isEmpty()) {
            throw new BadInput("give FIXTURE '" + Printable.of(names.get(0)) + "' or --kernel, not both");
        }
        if (!isKernel) {
            if (!isCore) {
                image.kernel().checkUnused();
            }
            if (all) {
                throw new BadInput("--all: for a kernel; give --kernel IMAGE");
            }
            if (names.isEmpty() && !isCore) {
                throw new BadInput("give a FIXTURE or DIR, --kernel IMAGE or --core FILE; see --help");
            }
        }
        boolean isOne = isKernel || isCore ? !all : names.size() == 1 && !FixtureFiles.isDirectory(names.get(0));
        if (!isOne) {
            refuse("--save", save != null);
            refuse("--resume", resume != null);
            refuse("--shard", shard != null);
            refuse("--apart", apart);
            refuse("--directives, --window, --handler, --ist-stack and --user", !isKernel && image.isGiven());
        }
        List<Path> others = new ArrayList<>(inputs());
        others.addAll(searches());
        try (OutputFile report = OutputFile.open(console, "--junit-xml", junit, others);
                OutputFile table = OutputFile.open(console, "--markdown", markdown, others)) {
            CheckSummary summary = new CheckSummary(console, result);
            ExitCode code = isOne ? one(summary) : several(summary);
            if (junit != null) {
                report.write(new JunitXml(summary.rows()).text());
                report.complete();
            }
            if (markdown != null) {
                table.write(new CheckTable(summary.rows()).text());
                table.complete();
            }
            return code.number();
        }
    }

    private static void refuse(String option, boolean isGiven) {
        if (isGiven) {
            throw new BadInput(option + ": for a single fixture only, not for several or a directory");
        }
    }

    private List<Path> inputs() {
        List<Path> inputs = new ArrayList<>(image.inputs());
        names.forEach(
                name -> inputs.addAll(FixtureFiles.isDirectory(name) ? FixtureFiles.in(name) : fixtures.inputs(name)));
        return inputs;
    }

    /** The files searches are kept in, as far as they are there. */
    private List<Path> searches() {
        List<Path> files = new ArrayList<>();
        for (@Nullable String name : Arrays.asList(save, resume)) {
            try {
                if (name != null) {
                    files.add(InputFile.path(name));
                }
            } catch (InputFile.UnusableException e) {
                // whoever opens it says so
            }
        }
        return files;
    }

    private ExitCode one(CheckSummary summary) {
        Fixture fixture = image.resolve(fixtures, names.isEmpty() ? null : names.get(0));
        CheckOptions options = arguments.options(fixture, shard);
        warn(fixture);
        Checking checking = new Checking(console, fixture, options, arguments.seconds());
        checking.keepIn(save, inputs(), commandLine());
        if (apart) {
            checking.tellApart();
        }
        if (resume != null) {
            checking.goOnFrom(resume);
        }
        CheckReport report = checking.run(found -> print(found.withReplay(replay(fixture))));
        summary.add(report);
        return checking.isInterrupted() ? ExitCode.INTERRUPTED : ExitCode.of(report);
    }

    private void print(CheckReport report) {
        console.print(result == ResultForm.JSON ? report.json() : report.text(console.style(), console.program()));
    }

    /** Events that hit the set-up are seldom meant. */
    private void warn(Fixture fixture) {
        if (fixture.directives().check().window().isEmpty()) {
            console.err()
                    .println("nmi64: " + fixture.name()
                            + " has no directive 'window': events may arrive anywhere in the run, including its setup");
        }
    }

    /** The words of the command that plays a counterexample of this check, up to its injections. */
    private List<String> replay(Fixture fixture) {
        return replay(fixture, image.words());
    }

    private List<String> replay(Fixture fixture, List<String> image) {
        List<String> words = new ArrayList<>();
        if (names.isEmpty()) {
            words.addAll(image);
        } else {
            words.add(fixture.name());
            words.addAll(image);
        }
        words.addAll(arguments.replay());
        return words;
    }

    /** The words of this command without an earlier {@code --resume}. */
    private List<String> commandLine() {
        List<String> words = new ArrayList<>();
        boolean isValue = false;
        for (String word : spec.root().commandLine().getParseResult().originalArgs()) {
            if (!isValue && !word.equals("--resume") && !word.startsWith("--resume=")) {
                words.add(word);
            }
            isValue = word.equals("--resume");
        }
        return words;
    }

    private ExitCode several(CheckSummary summary) {
        for (Target target : targets()) {
            summary.tell(row(target));
        }
        return summary.finish();
    }

    private List<Target> targets() {
        List<Target> targets = new ArrayList<>();
        if (names.isEmpty()) {
            addKernel(targets);
        }
        for (String name : names) {
            if (FixtureFiles.isDirectory(name)) {
                FixtureFiles.in(name)
                        .forEach(file -> targets.add(
                                new Target(file.toString(), true, List.of(), () -> fixtures.resolve(file, List.of()))));
            } else {
                targets.add(new Target(name, false, List.of(), () -> fixtures.resolve(name)));
            }
        }
        return targets;
    }

    /** Every victim with every handler, as far as the command does not name one. */
    private void addKernel(List<Target> targets) {
        List<Victim> victims =
                image.kernel().hasVictim() ? List.of(image.kernel().victim()) : List.of(Victim.values());
        for (Victim victim : victims) {
            for (String handler : image.handlers()) {
                targets.add(new Target(
                        image.kernel().name(victim, handler),
                        false,
                        image.words(victim, handler),
                        () -> image.kernelFixture(victim, handler)));
            }
        }
    }

    private CheckRow row(Target target) {
        try {
            Fixture fixture = target.fixture().get();
            boolean hasWindow = fixture.directives().check().window().isPresent();
            boolean hasVerdict = fixture.directives().check().verdict().isPresent();
            if (target.isOfDirectory() && !hasWindow && !hasVerdict) {
                return CheckRow.skipped(target.name());
            }
            warn(fixture);
            Checking checking = new Checking(console, fixture, arguments.options(fixture, null), arguments.seconds());
            return CheckRow.of(checking.run().withReplay(replay(fixture, target.words())));
        } catch (AssemblerMissingException e) {
            return CheckRow.failed(target.name(), Standing.NOT_ASSEMBLED, e);
        } catch (FixtureException
                | ImageException
                | BootImageException
                | BringupException
                | NothingToExploreException
                | BadInput e) {
            return CheckRow.failed(target.name(), Standing.UNUSABLE, e);
        }
    }
}
