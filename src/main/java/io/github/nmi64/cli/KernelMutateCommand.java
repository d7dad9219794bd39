package io.github.nmi64.cli;

import io.github.nmi64.bringup.Handler;
import io.github.nmi64.bringup.KernelFixture;
import io.github.nmi64.bringup.KernelSetup;
import io.github.nmi64.bringup.Mutant;
import io.github.nmi64.bringup.Scenario;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.report.CheckReport;
import io.github.nmi64.schedule.InjectedEvent;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nmi64 kernel mutate}: whether {@code check} would see a defect in a kernel's entry. */
@Command(
        name = "mutate",
        description = {
            "Plant one defect after the other in a kernel's NMI entry, from asm_exc_nmi to its end: an instruction left "
                    + "out, a condition turned around, a stack displacement off by one word, a 1 that is 0. Say what "
                    + "'check' finds of each.",
            "",
            "Exit code 0: nothing is wrong with the kernel itself. 1: something is, and nothing is planted. 5: it was "
                    + "not decided in time. What a defect that nothing finds means, docs/kernel.md says."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 kernel mutate vmlinuz",
            "  nmi64 kernel mutate vmlinuz --scenarios user/quiet,syscall/quiet --every 20"
        })
final class KernelMutateCommand implements Callable<Integer> {
    private static final String ENTRY = "asm_exc_nmi";

    private final Console console;

    @Parameters(paramLabel = "IMAGE", description = "A bzImage (vmlinuz) or an uncompressed vmlinux for x86-64.")
    private String file = "";

    @Option(
            names = "--scenarios",
            split = ",",
            paramLabel = "WHO/HANDLER",
            description = "Victims and handlers to try, in this order, separated by commas; the first that finds a "
                    + "defect decides. Default: ${DEFAULT-VALUE}.",
            defaultValue = "user/quiet,kernel/int3,user/int3,syscall-on-nmi-stack/quiet")
    private List<String> scenarios = List.of();

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description = "The processor whose boot has patched it; see 'nmi64 kernel --help'. Default: generic.")
    private @Nullable String cpu;

    @Option(
            names = "--every",
            paramLabel = "N",
            converter = PositiveNumber.class,
            description = "Plant only every N-th defect. Default: 1.")
    private @Nullable Long every;

    @Option(
            names = "--max-events",
            paramLabel = "K",
            converter = PositiveNumber.class,
            description = "Look for a defect with up to K NMIs. Default: 3.")
    private @Nullable Long maxEvents;

    @Option(
            names = "--max-seconds",
            paramLabel = "S",
            converter = PositiveNumber.class,
            description = "Stop after S seconds per search: undecided. Default: 60.")
    private @Nullable Long seconds;

    @Mixin
    private final Effort effort = new Effort();

    KernelMutateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        KernelImage kernel = KernelImage.load(Path.of(file));
        if (kernel.find(ENTRY).isEmpty()) {
            throw new BadInput(file + ": the kernel has no " + ENTRY);
        }
        Map<Scenario, Fixture> whole = new LinkedHashMap<>();
        for (String text : scenarios) {
            Scenario scenario = Scenario.parse(text)
                    .orElseThrow(() ->
                            new BadInput("--scenarios: expected WHO/HANDLER, such as user/int3, found '" + text + "'"));
            whole.put(scenario, fixture(kernel, scenario));
        }
        ExitCode proved = prove(whole);
        if (proved != ExitCode.OK) {
            return proved.number();
        }
        plant(kernel, whole);
        return ExitCode.OK.number();
    }

    private Fixture fixture(KernelImage kernel, Scenario scenario) {
        Handler handler = Handler.bundled(scenario.handler());
        CpuModel model = KernelArguments.model(cpu, kernel);
        return KernelFixture.of(kernel, new KernelSetup(scenario.victim(), handler, model, List.of()), List.of());
    }

    /** What the kernel itself comes to. A defect says something only of scenarios in which nothing is wrong without it. */
    private ExitCode prove(Map<Scenario, Fixture> whole) {
        for (Map.Entry<Scenario, Fixture> entry : whole.entrySet()) {
            CheckReport report = check(entry.getValue());
            line("none", "", entry.getKey().text(), report);
            if (report.result().verdict() == CheckResult.Verdict.VIOLATED) {
                return ExitCode.VIOLATED;
            }
            if (isUndecided(report)) {
                return ExitCode.LIMIT;
            }
        }
        return ExitCode.OK;
    }

    private void plant(KernelImage kernel, Map<Scenario, Fixture> whole) {
        Fixture any = whole.values().iterator().next();
        SymbolTable symbols = any.image().symbols();
        long start = symbols.resolve(ENTRY);
        byte[] code = any.image().bytes(start, (int) (kernel.nextGlobal(start) - start));
        List<Mutant> mutants = Mutant.of(code, start);
        int step = every == null ? 1 : (int) Math.min(every, mutants.size());
        Map<Fate, Integer> outcomes = new EnumMap<>(Fate.class);
        for (int i = 0; i < mutants.size(); i += step) {
            outcomes.merge(outcome(mutants.get(i), symbols, whole), 1, Integer::sum);
        }
        console.print(String.format(
                Locale.ROOT,
                "%n%,d defects: %,d found, %,d undecided, %,d not found with up to %,d NMIs%n",
                outcomes.values().stream().mapToInt(Integer::intValue).sum(),
                outcomes.getOrDefault(Fate.FOUND, 0),
                outcomes.getOrDefault(Fate.UNDECIDED, 0),
                outcomes.getOrDefault(Fate.MISSED, 0),
                bound()));
    }

    /** What became of a defect. */
    private enum Fate {
        FOUND,
        UNDECIDED,
        MISSED
    }

    private Fate outcome(Mutant mutant, SymbolTable symbols, Map<Scenario, Fixture> whole) {
        String place = symbols.text(mutant.address());
        Fate worst = Fate.MISSED;
        for (Map.Entry<Scenario, Fixture> entry : whole.entrySet()) {
            Fixture fixture = entry.getValue();
            CheckReport report = check(Fixture.of(fixture.image().patched(mutant.address(), mutant.bytes())));
            boolean isFound = report.result().verdict() == CheckResult.Verdict.VIOLATED || neverEnds(report);
            if (isFound || isUndecided(report)) {
                line(place, mutant.change(), entry.getKey().text(), report);
                worst = isFound ? Fate.FOUND : Fate.UNDECIDED;
            }
            if (isFound) {
                return worst;
            }
        }
        if (worst == Fate.MISSED) {
            console.print("%-28s %-24s not found%n".formatted(place, mutant.change()));
            console.flush();
        }
        return worst;
    }

    /** The search ended before the bound on the number of events did. */
    private static boolean isUndecided(CheckReport report) {
        return report.ranOut();
    }

    /** A run does not come to its end, as each does without the defect. */
    private static boolean neverEnds(CheckReport report) {
        return report.result().limit() == CheckResult.Limit.INSTRUCTIONS;
    }

    private int bound() {
        return maxEvents == null ? 3 : (int) Math.min(maxEvents, Integer.MAX_VALUE);
    }

    private CheckReport check(Fixture fixture) {
        long limit = seconds == null ? 60 : seconds;
        var options = effort.options(List.of(InjectedEvent.NMI), bound(), Costs.TABLE);
        return new Checking(console, fixture, options, OptionalLong.of(limit)).run();
    }

    private void line(String place, String change, String scenario, CheckReport report) {
        console.print(String.format(
                Locale.ROOT,
                "%-28s %-24s %-28s %s, %,d states, %.1f s%n",
                place,
                change,
                scenario,
                report.verdict(),
                report.result().states(),
                report.seconds()));
        console.flush();
    }
}
