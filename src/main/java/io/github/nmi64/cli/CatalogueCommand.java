package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.report.CatalogueDocument;
import io.github.nmi64.report.CatalogueEntry;
import io.github.nmi64.report.CatalogueNotes;
import io.github.nmi64.report.CheckReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nmi64 catalogue}: checks every fixture that knows its verdict. */
@Command(
        name = "catalogue",
        description = "Check every bundled fixture that states an expected verdict, one line each: known bugs of NMI "
                + "entry code, and controls. Exit code 0 if all verdicts are as expected.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 catalogue",
            "  nmi64 catalogue catalogue/b12 catalogue/v37",
            "  nmi64 catalogue --markdown docs/catalogue.md"
        })
final class CatalogueCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            completionCandidates = BundledNames.class,
            description = "A fixture, or a prefix of bundled names. Default: all that state an expected verdict.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "Also write the catalogue to FILE as Markdown, the same on every machine; explores with one "
                    + "thread.")
    private @Nullable String markdown;

    @Mixin
    private final Effort effort = new Effort();

    CatalogueCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (markdown != null && effort.asksForThreads()) {
            throw new BadInput("--markdown: the document counts states, which depend on --threads; leave that out");
        }
        List<Fixture> fixtures = fixtures();
        return (markdown == null ? checked(fixtures) : documented(fixtures, markdown)).number();
    }

    private ExitCode documented(List<Fixture> fixtures, String file) {
        try (OutputFile document = OutputFile.open(console, "--markdown", file, inputs())) {
            List<CatalogueEntry> entries = new ArrayList<>();
            ExitCode code = checked(fixtures, entries);
            document.write(new CatalogueDocument(CatalogueNotes.bundled(), entries).text());
            document.complete();
            return code;
        }
    }

    private List<Path> inputs() {
        Fixtures all = new Fixtures(new Assembler(console.environment()));
        return names.stream().flatMap(name -> all.inputs(name).stream()).toList();
    }

    private ExitCode checked(List<Fixture> fixtures) {
        return checked(fixtures, new ArrayList<>());
    }

    private ExitCode checked(List<Fixture> fixtures, List<CatalogueEntry> entries) {
        for (Fixture fixture : fixtures) {
            CatalogueEntry entry = new CatalogueEntry(
                    fixture.directives().check(), new Checking(console, fixture, options(fixture)).run());
            entries.add(entry);
            console.print(line(entry));
            console.flush();
        }
        console.print(sum(entries));
        return entries.stream().allMatch(CatalogueEntry::isAsExpected) ? ExitCode.OK : ExitCode.VIOLATED;
    }

    private CheckOptions options(Fixture fixture) {
        CheckPlan plan = fixture.directives().check();
        CheckOptions options = effort.options(Effort.kinds(plan), Effort.bound(plan), Costs.TABLE);
        return markdown == null ? options : options.withThreads(1);
    }

    private List<Fixture> fixtures() {
        Fixtures all = new Fixtures(new Assembler(console.environment()));
        List<Fixture> found = names.isEmpty()
                ? bundled(all, "")
                : names.stream()
                        .flatMap(name -> named(all, name))
                        .collect(Collectors.toMap(Fixture::name, fixture -> fixture, (one, same) -> one))
                        .values()
                        .stream()
                        .sorted(java.util.Comparator.comparing(Fixture::name))
                        .toList();
        return found;
    }

    private static Stream<Fixture> named(Fixtures all, String name) {
        List<Fixture> family = bundled(all, name);
        if (!family.isEmpty()) {
            return family.stream();
        }
        Fixture one = all.resolve(name);
        if (one.directives().check().verdict().isEmpty()) {
            throw new BadInput(
                    "catalogue: " + name + " has no directive 'verdict'; 'nmi64 check " + name + "' explores it");
        }
        return Stream.of(one);
    }

    private static List<Fixture> bundled(Fixtures all, String prefix) {
        return all.bundled().stream()
                .map(Fixtures.Title::name)
                .filter(name -> name.startsWith(prefix))
                .map(all::resolve)
                .filter(fixture -> fixture.directives().check().verdict().isPresent())
                .toList();
    }

    private String line(CatalogueEntry entry) {
        CheckReport report = entry.report();
        return String.format(
                Locale.ROOT,
                "%s %-46s %-7s %-15s %s, %,d states, %.2f s%s%n",
                entry.isAsExpected()
                        ? console.style().good("ok    ")
                        : console.style().bad("FAILED"),
                report.fixture(),
                entry.ids(),
                entry.plan().entry(),
                report.verdict(),
                report.result().states(),
                report.seconds(),
                entry.isAsExpected()
                        ? ", as expected"
                        : "; expected: " + report.expected().orElseThrow().text());
    }

    private static String sum(List<CatalogueEntry> entries) {
        long right = entries.stream().filter(CatalogueEntry::isAsExpected).count();
        return String.format(
                Locale.ROOT,
                "%d %s: %d as expected, %d not; %,d states, %.1f s%n",
                entries.size(),
                entries.size() == 1 ? "fixture" : "fixtures",
                right,
                entries.size() - right,
                entries.stream()
                        .mapToLong(entry -> entry.report().result().states())
                        .sum(),
                entries.stream().mapToDouble(entry -> entry.report().seconds()).sum());
    }
}
