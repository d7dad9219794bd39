package io.github.nmi64.cli;

import com.google.gson.stream.JsonWriter;
import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.fixture.CheckPlan.ExpectedVerdict;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.EventKind;
import io.github.nmi64.schedule.Injection;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The result of {@code check} for people and for programs.
 *
 * @param seconds wall time the exploration took
 */
record CheckReport(Fixture fixture, CheckOptions options, CheckResult result, double seconds) {

    /** 0 without a violation, 1 with one, unless the fixture expects something else; then 0 for that and 1 otherwise. */
    ExitCode exitCode() {
        return result.verdict() == CheckResult.Verdict.VIOLATED ? ExitCode.VIOLATED : ExitCode.OK;
    }

    /** Whether the verdict is the one the fixture expects; empty if it expects none. */
    Optional<Boolean> asExpected() {
        return fixture.directives().check().verdict().map(this::matches);
    }

    private boolean matches(ExpectedVerdict expected) {
        if (!expected.verdict().equals(word())) {
            return false;
        }
        return expected.invariant().isEmpty()
                || result.counterexamples().stream()
                        .anyMatch(example -> example.violation().invariant().equals(expected.invariant())
                                && (expected.subject().isEmpty()
                                        || example.violation().subject().equals(expected.subject()))
                                && (expected.events().isEmpty()
                                        || expected.events().getAsLong()
                                                == example.schedule().size()));
    }

    String word() {
        return result.verdict().name().toLowerCase(Locale.ROOT);
    }

    /** The number of events of the counterexample, or the number up to which was explored. */
    int events() {
        return result.counterexamples().isEmpty()
                ? result.layers()
                : result.counterexamples().get(0).schedule().size();
    }

    /** {@code violated: context-restored (rdi) with 2 events}. */
    String verdict() {
        return switch (result.verdict()) {
            case PROVED -> "proved for any number of events";
            case BOUNDED -> "bounded: nothing breaks with up to " + result.layers() + " events; " + result.reason();
            case VIOLATED -> {
                Counterexample first = result.counterexamples().get(0);
                yield "violated: " + first.violation().invariant() + " ("
                        + first.violation().subject() + ") with " + events() + (events() == 1 ? " event" : " events");
            }
        };
    }

    String text(Console console) {
        StringBuilder text = new StringBuilder();
        boolean broken = result.verdict() == CheckResult.Verdict.VIOLATED;
        text.append("fixture    ").append(fixture.name()).append('\n');
        text.append("verdict    ")
                .append(broken ? console.bad(verdict()) : console.good(verdict()))
                .append('\n');
        if (options.shards() > 1) {
            text.append("shard      ").append(shard()).append('\n');
        }
        asExpected().ifPresent(as -> text.append("expected   ")
                .append(fixture.directives().check().verdict().orElseThrow().text())
                .append(as ? " (so it is)" : " (it is not)")
                .append('\n'));
        text.append(String.format(
                Locale.ROOT,
                "explored   %,d states, %,d transitions, %d to %d events of %s, %.2f s%n",
                result.states(),
                result.transitions(),
                0,
                result.layers(),
                kinds(),
                seconds));
        if (result.withTime()) {
            text.append("time       the guest reads the time-stamp counter, so the clock is part of the state\n");
        }
        if (!result.liveWords().isEmpty()) {
            text.append("live words ")
                    .append(String.join(", ", result.liveWords()))
                    .append(" (read after they seemed dead; always part of the state)\n");
        }
        if (!result.storm().isEmpty()) {
            text.append("storm      an event at every boundary: ")
                    .append(result.storm())
                    .append('\n');
        }
        result.counterexamples().stream().limit(1).forEach(example -> tell(text, example));
        List<Counterexample> others = result.counterexamples().stream().skip(1).toList();
        if (!others.isEmpty()) {
            text.append("\nalso with ").append(events()).append(" events\n");
            others.forEach(other -> text.append("  ")
                    .append(other.violation().invariant())
                    .append(" (")
                    .append(other.violation().subject())
                    .append("): ")
                    .append(other.violation().detail())
                    .append("\n    ")
                    .append(schedule(other))
                    .append('\n'));
        }
        return text.toString();
    }

    private void tell(StringBuilder text, Counterexample example) {
        text.append("\n").append(example.violation().invariant()).append(": ");
        text.append(example.violation().detail()).append("\n\nschedule\n");
        example.schedule()
                .forEach(injection -> text.append("  ").append(injection.text()).append('\n'));
        text.append("\nwhat happens\n");
        example.story().forEach(line -> text.append("  ").append(line).append('\n'));
        text.append("\nreplay\n  nmi64 run ").append(fixture.name());
        example.schedule().forEach(injection -> text.append(" --inject ").append(injection.text()));
        text.append('\n');
    }

    private static String schedule(Counterexample example) {
        return example.schedule().stream().map(Injection::text).collect(Collectors.joining(" "));
    }

    private String kinds() {
        return options.events().stream().map(EventKind::text).collect(Collectors.joining(","));
    }

    private String shard() {
        return options.shard() + 1 + "/" + options.shards();
    }

    /** One object on one line. Keys and their order are part of the interface. */
    String json() {
        StringWriter line = new StringWriter();
        try (JsonWriter json = new JsonWriter(line)) {
            write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.append('\n').toString();
    }

    private void write(JsonWriter json) throws IOException {
        json.beginObject();
        json.name("verdict").value(word());
        json.name("events").beginArray();
        for (EventKind kind : options.events()) {
            json.value(kind.text());
        }
        json.endArray();
        json.name("maxEventsExplored").value(result.layers());
        json.name("states").value(result.states());
        json.name("transitions").value(result.transitions());
        json.name("seconds").value(Math.round(seconds * 1000) / 1000.0);
        json.name("violation");
        if (result.counterexamples().isEmpty()) {
            json.nullValue();
        } else {
            write(json, result.counterexamples().get(0));
        }
        json.name("violations").beginArray();
        for (Counterexample example : result.counterexamples()) {
            write(json, example);
        }
        json.endArray();
        json.name("fixture").value(fixture.name());
        json.name("shard").value(shard());
        json.name("reason").value(result.reason());
        json.name("liveWords").beginArray();
        for (String word : result.liveWords()) {
            json.value(word);
        }
        json.endArray();
        json.name("timeInState").value(result.withTime());
        json.name("storm").value(result.storm());
        json.name("memoryBytes").value(result.memoryBytes());
        json.endObject();
    }

    private static void write(JsonWriter json, Counterexample example) throws IOException {
        json.beginObject();
        json.name("invariant").value(example.violation().invariant());
        json.name("subject").value(example.violation().subject());
        json.name("detail").value(example.violation().detail());
        json.name("schedule").beginArray();
        for (Injection injection : example.schedule()) {
            json.value(injection.text());
        }
        json.endArray();
        json.name("steps").value(example.violation().step());
        json.name("story").beginArray();
        for (String line : example.story()) {
            json.value(line);
        }
        json.endArray();
        json.endObject();
    }
}
