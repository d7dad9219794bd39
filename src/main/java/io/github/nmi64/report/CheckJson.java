package io.github.nmi64.report;

import com.google.gson.stream.JsonWriter;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.CheckResult.Limit;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.explore.Coverage;
import io.github.nmi64.explore.StatesApart;
import io.github.nmi64.fixture.CheckPlan.ExpectedVerdict;
import io.github.nmi64.monitor.Unwatched;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/** A result of {@code check} for programs: keys and their order are part of the interface ({@code docs/formats.md}). */
public final class CheckJson {
    private final JsonWriter json;

    private CheckJson(JsonWriter json) {
        this.json = json;
    }

    /** One object on one line. */
    public static String line(CheckReport report) {
        StringWriter line = new StringWriter();
        try (JsonWriter json = new JsonWriter(line)) {
            new CheckJson(json).write(report);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.append('\n').toString();
    }

    /**
     * One object on one line for a fixture that could not be explored.
     *
     * @param exitCode what the caller ends with because of it
     */
    public static String problem(CheckRow row, int exitCode) {
        StringWriter line = new StringWriter();
        try (JsonWriter json = new JsonWriter(line)) {
            json.beginObject();
            json.name("verdict").value("error");
            json.name("fixture").value(row.name());
            json.name("reason").value(row.problem());
            json.name("exitCode").value(exitCode);
            json.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.append('\n').toString();
    }

    private void write(CheckReport report) throws IOException {
        CheckResult result = report.result();
        List<Counterexample> examples = result.counterexamples();
        json.beginObject();
        json.name("verdict").value(report.word());
        words("events", result.events().stream().map(InjectedEvent::text).toList());
        json.name("maxEventsExplored").value(result.layers());
        json.name("states").value(result.states());
        json.name("transitions").value(result.transitions());
        json.name("seconds").value(Math.round(report.seconds() * 1000) / 1000.0);
        json.name("violation");
        if (examples.isEmpty()) {
            json.nullValue();
        } else {
            write(examples.get(0));
        }
        json.name("violations").beginArray();
        for (Counterexample example : examples) {
            write(example);
        }
        json.endArray();
        json.name("fixture").value(report.fixture());
        json.name("shard").value(report.shard().text());
        json.name("reason").value(result.reason());
        words("liveWords", result.liveWords());
        json.name("timeInState").value(result.withTime());
        json.name("storm").value(result.storm());
        json.name("memoryBytes").value(result.memoryBytes());
        json.name("image").value(report.image());
        json.name("mergedShards").value(report.shard().joined());
        json.name("expected").value(report.expected().map(ExpectedVerdict::text).orElse(null));
        json.name("limit")
                .value(
                        result.limit() == Limit.NONE
                                ? null
                                : result.limit().name().toLowerCase(Locale.ROOT));
        json.name("directives").value(report.outside());
        words("replay", report.replay());
        write(result.coverage());
        if (report.apart().isPresent()) {
            write(report.apart().get());
        }
        json.endObject();
    }

    private void write(Coverage coverage) throws IOException {
        json.name("arrivals").value(coverage.arrivals());
        words(
                "neverPossible",
                coverage.neverPossible().stream().map(InjectedEvent::text).toList());
        words("watched", coverage.watched());
        json.name("notWatched").beginArray();
        for (Unwatched unwatched : coverage.notWatched()) {
            json.beginObject();
            json.name("invariant").value(unwatched.invariant());
            json.name("why").value(unwatched.why());
            json.endObject();
        }
        json.endArray();
        json.name("boundaries").value(coverage.boundaries());
        words("assumptions", coverage.assumptions());
    }

    private void write(StatesApart apart) throws IOException {
        json.name("apart").beginObject();
        json.name("states").value(apart.states());
        json.name("pairs").value(apart.pairs());
        json.name("words").beginArray();
        for (StatesApart.Quadword quadword : apart.quadwords()) {
            json.beginObject();
            json.name("name").value(quadword.name());
            json.name("pairs").value(quadword.pairs());
            json.name("alone").value(quadword.alone());
            json.name("region").value(quadword.region());
            json.endObject();
        }
        json.endArray();
        json.endObject();
    }

    private void write(Counterexample example) throws IOException {
        json.beginObject();
        json.name("invariant").value(example.violation().invariant());
        json.name("subject").value(example.violation().subject());
        json.name("detail").value(example.violation().detail());
        words("schedule", example.schedule().stream().map(Injection::text).toList());
        json.name("steps").value(example.violation().retired());
        words("story", example.story());
        json.name("culprit").nullValue();
        json.endObject();
    }

    private void words(String name, List<String> values) throws IOException {
        json.name(name).beginArray();
        for (String value : values) {
            json.value(value);
        }
        json.endArray();
    }
}
