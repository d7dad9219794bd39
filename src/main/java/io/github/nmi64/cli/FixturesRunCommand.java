package io.github.nmi64.cli;

import com.google.gson.stream.JsonWriter;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.AssemblerMissingException;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.machine.BootImageException;
import io.github.nmi64.report.RunVerdict;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.timing.TableCosts;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nmi64 fixtures run}: runs many fixtures and says which did not end as they expect. */
@Command(
        name = "run",
        description = "Run all fixtures of a directory, or bundled ones, each with its own schedule.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        sortOptions = false,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  nmi64 fixtures run", "  nmi64 fixtures run v33/", "  nmi64 fixtures run my-fixtures --result json"
        })
final class FixturesRunCommand implements Callable<Integer> {
    /** A fixture that may yet turn out not to be one. */
    private record Named(String name, Supplier<Fixture> fixture) {}

    /** How one fixture did. */
    private record Row(String name, ExitCode code, String detail, boolean isForCheck) {}

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR|PREFIX",
            completionCandidates = BundledNames.class,
            description = "A directory (its .S and .elf files, subdirectories included) or a prefix of bundled "
                    + "names. Default: all bundled fixtures.")
    private String which = "";

    @Option(
            names = "--result",
            paramLabel = "text|json",
            converter = ResultForm.Words.class,
            completionCandidates = ResultForm.Words.class,
            defaultValue = "text",
            description = "Format of the result. Default: text.")
    private ResultForm result = ResultForm.TEXT;

    FixturesRunCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Fixtures fixtures = new Fixtures(new Assembler(console.environment()));
        List<Row> rows = new ArrayList<>();
        for (Named named : named(fixtures)) {
            Row row = run(named);
            rows.add(row);
            if (result == ResultForm.TEXT) {
                console.print(line(row));
                console.flush();
            }
        }
        console.print(result == ResultForm.JSON ? json(rows) : summary(rows));
        return code(rows).number();
    }

    /** A fixture that fails outweighs one that cannot be assembled here. */
    private static ExitCode code(List<Row> rows) {
        List<ExitCode> bad =
                rows.stream().map(Row::code).filter(code -> code != ExitCode.OK).toList();
        if (bad.isEmpty()) {
            return ExitCode.OK;
        }
        return bad.stream().allMatch(code -> code == ExitCode.ENVIRONMENT) ? ExitCode.ENVIRONMENT : ExitCode.VIOLATED;
    }

    private List<Named> named(Fixtures fixtures) {
        if (FixtureFiles.isDirectory(which)) {
            return FixtureFiles.in(which).stream()
                    .map(file -> new Named(file.toString(), () -> fixtures.resolve(file, List.of())))
                    .toList();
        }
        List<Named> named = fixtures.bundled().stream()
                .map(Fixtures.Title::name)
                .filter(name -> name.startsWith(which))
                .map(name -> new Named(name, () -> fixtures.resolve(name)))
                .toList();
        if (named.isEmpty()) {
            throw new BadInput("'" + which + "' is neither a directory nor a prefix of bundled names; see "
                    + "'nmi64 fixtures list'");
        }
        return named;
    }

    private static Row run(Named named) {
        try {
            Fixture fixture = named.fixture().get();
            var run = new FixtureRun(fixture, RunOptions.defaults(TableCosts.bundled()));
            RunReport report = run.run(TraceSink.NONE);
            boolean isForCheck = isForCheck(fixture);
            String note = isForCheck ? "; its schedule has no events: use 'nmi64 check'" : "";
            return new Row(named.name(), ExitCode.of(RunVerdict.of(report, false)), detail(report) + note, isForCheck);
        } catch (AssemblerMissingException e) {
            return new Row(named.name(), ExitCode.ENVIRONMENT, firstLine(e), false);
        } catch (FixtureException | ImageException | BootImageException | IllegalArgumentException e) {
            return new Row(named.name(), ExitCode.BAD_INPUT, firstLine(e), false);
        }
    }

    /** It says where events may arrive, or what must be found, and no event that does arrive. */
    private static boolean isForCheck(Fixture fixture) {
        CheckPlan plan = fixture.directives().check();
        return fixture.directives().schedule().injections().isEmpty()
                && (plan.window().isPresent() || plan.verdict().isPresent());
    }

    private static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static String detail(RunReport report) {
        List<String> parts = new ArrayList<>();
        parts.add(report.ended() == Outcome.EXIT ? "exit " + report.exitValue().orElseThrow() : report.outcome());
        report.expectations().stream()
                .filter(judged -> !judged.held())
                .forEach(judged -> parts.add("expected " + judged.text()));
        report.unexpected().forEach(violation -> parts.add(violation.invariant() + ": " + violation.detail()));
        report.unfired().forEach(injection -> parts.add("never fired: " + injection.text()));
        return parts.stream().collect(Collectors.joining("; "));
    }

    private String line(Row row) {
        String word = row.code() == ExitCode.OK
                ? console.style().good("ok    ")
                : console.style().bad("FAILED");
        return "%s %-28s %s%n".formatted(word, row.name(), row.detail());
    }

    private static String summary(List<Row> rows) {
        long passed = passed(rows);
        long forCheck = rows.stream().filter(Row::isForCheck).count();
        String note = forCheck == 0
                ? ""
                : "; %d of them for 'nmi64 check' only: their schedules have no events".formatted(forCheck);
        return "%d %s: %d ok, %d failed%s%n"
                .formatted(rows.size(), rows.size() == 1 ? "fixture" : "fixtures", passed, rows.size() - passed, note);
    }

    private static long passed(List<Row> rows) {
        return rows.stream().filter(row -> row.code() == ExitCode.OK).count();
    }

    private static String json(List<Row> rows) {
        StringWriter line = new StringWriter();
        try {
            JsonWriter json = new JsonWriter(line);
            json.beginObject();
            json.name("fixtures").beginArray();
            for (Row row : rows) {
                json.beginObject();
                json.name("name").value(row.name());
                json.name("exitCode").value(row.code().number());
                json.name("detail").value(row.detail());
                json.endObject();
            }
            json.endArray();
            json.name("ok").value(passed(rows));
            json.name("failed").value(rows.size() - passed(rows));
            json.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.append('\n').toString();
    }
}
