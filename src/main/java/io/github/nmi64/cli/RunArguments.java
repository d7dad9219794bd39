package io.github.nmi64.cli;

import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.image.UnknownSymbolException;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.ScheduleSyntaxException;
import io.github.nmi64.schedule.When;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code run} and {@code trace} are told about the run itself. Filled in by picocli. */
final class RunArguments {
    private static final int LARGEST_SCHEDULE = 1 << 20;

    @Parameters(
            arity = "0..1",
            paramLabel = "FIXTURE",
            completionCandidates = BundledNames.class,
            description = "A .S file, an ELF file, or the name of a bundled fixture ('nmi64 fixtures list').")
    private @Nullable String fixture;

    @Mixin
    private final FixtureArguments image = new FixtureArguments();

    @Option(
            names = "--nmi",
            paramLabel = "WHEN",
            description = {
                "Assert the NMI line at WHEN. Repeatable. WHEN is one of cycle=N, step=N,"
                        + " at=SYMBOL[+OFF][,hit=K], after=MNEMONIC[,hit=K], every=N[,from=M],"
                        + " random=SEED,count=N. Cycles and steps (retired instructions) count from the start "
                        + "of the fixture's window if it has one, or with ',from=reset' from reset. "
                        + "Injections given here replace the fixture's own schedule; its "
                        + "expectations are then not judged."
            })
    private List<String> nmis = List.of();

    @Option(
            names = "--inject",
            paramLabel = "KIND@WHEN",
            description = "Inject an event at WHEN. Repeatable. KIND is nmi, mce, db, int3, iret-fault or intr:VECTOR.")
    private List<String> injections = List.of();

    @Option(
            names = "--schedule",
            paramLabel = "FILE",
            description = "Read injections from FILE: one KIND@WHEN per line; # starts a comment.")
    private @Nullable String schedule;

    @Option(
            names = "--max-instructions",
            paramLabel = "N",
            converter = PositiveNumber.class,
            description = "Stop after N retired instructions. Default: the fixture's limit, or 100,000,000.")
    private @Nullable Long maxInstructions;

    @Option(
            names = "--max-cycles",
            paramLabel = "N",
            converter = PositiveNumber.class,
            description = "Stop when the clock reaches N. Default: the fixture's limit, or 50 per allowed instruction.")
    private @Nullable Long maxCycles;

    @Option(
            names = "--cycles",
            paramLabel = "unit|table",
            converter = Costs.Words.class,
            completionCandidates = Costs.Words.class,
            defaultValue = "table",
            description = "Cycle model: 'unit' (every instruction takes one cycle) or 'table' "
                    + "(docs/cycle-model.md). Default: table.")
    private Costs costs = Costs.TABLE;

    @Option(
            names = "--rules",
            paramLabel = "KEY=VALUE",
            description = {
                "Choose where processors differ, and whether time passes. Repeatable.",
                "vendor=intel|amd: whose manual applies where they disagree.",
                "unblock-at-iret-start=true|false: IRET unblocks NMIs when it starts, even if it then faults.",
                "sti-shadow-holds-nmi=true|false: the STI shadow holds NMIs, too.",
                "mov-ss-chains=true|false: each MOV SS of a sequence holds events, not only the first.",
                "ist-keeps-ss=true|false: a switch to an IST stack at CPL 0 leaves SS unchanged.",
                "tsc=runs|stopped: the time-stamp counter counts cycles, or keeps its value.",
                "Default: intel, true, true, false, true, runs."
            })
    private List<String> rules = List.of();

    /** The fixture the arguments speak of. */
    Fixture fixture(Fixtures fixtures) {
        return image.resolve(fixtures, fixture);
    }

    /** The files that are read. */
    List<Path> inputs(Fixtures fixtures) {
        List<Path> inputs = new ArrayList<>(fixture == null ? List.of() : fixtures.inputs(fixture));
        inputs.addAll(image.inputs());
        try {
            if (schedule != null) {
                inputs.add(InputFile.path(schedule));
            }
        } catch (InputFile.UnusableException e) {
            // whoever reads it says so
        }
        return inputs;
    }

    /**
     * A run of the fixture, not yet begun.
     *
     * @throws BadInput if an option cannot be used with this fixture
     */
    FixtureRun runOf(Fixture resolved) {
        RunOptions options = new RunOptions(
                replacement(), optional(maxInstructions), optional(maxCycles), costs.model(), ruleChanges());
        options.schedule().ifPresent(replaced -> checkSymbols(replaced, resolved));
        try {
            return new FixtureRun(resolved, options);
        } catch (IllegalArgumentException e) {
            throw new BadInput(resolved.name() + ": " + e.getMessage());
        }
    }

    private static OptionalLong optional(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private Optional<Schedule> replacement() {
        if (schedule == null && nmis.isEmpty() && injections.isEmpty()) {
            return Optional.empty();
        }
        List<Injection> given = new ArrayList<>();
        nmis.forEach(text -> given.add(new Injection(InjectedEvent.NMI, parsed("--nmi", text, When::parse))));
        injections.forEach(text -> given.add(parsed("--inject", text, Injection::parse)));
        return Optional.of((schedule == null ? Schedule.EMPTY : read(schedule)).plus(given));
    }

    private static <T> T parsed(String option, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (ScheduleSyntaxException e) {
            throw new BadInput(option + ": " + e.getMessage());
        }
    }

    private static Schedule read(String file) {
        return Schedule.parse(file, InputText.read("--schedule", file, LARGEST_SCHEDULE));
    }

    private static void checkSymbols(Schedule schedule, Fixture fixture) {
        for (Injection injection : schedule.injections()) {
            if (injection.when() instanceof When.AtSymbol at) {
                try {
                    fixture.image().symbols().resolve(at.symbol());
                } catch (UnknownSymbolException e) {
                    throw new BadInput(injection.text() + ": " + e.getMessage() + " in " + fixture.name());
                }
            }
        }
    }

    private Map<String, String> ruleChanges() {
        Map<String, String> changes = new LinkedHashMap<>();
        for (String rule : rules) {
            int equals = rule.indexOf('=');
            if (equals < 0) {
                throw new BadInput("--rules: expected KEY=VALUE, found '" + rule + "'");
            }
            String key = rule.substring(0, equals);
            String value = rule.substring(equals + 1);
            try {
                Rules.INTEL.with(key, value);
            } catch (IllegalArgumentException e) {
                throw new BadInput("--rules: " + e.getMessage());
            }
            changes.put(key, value);
        }
        return changes;
    }
}
