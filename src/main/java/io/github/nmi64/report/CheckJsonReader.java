package io.github.nmi64.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.CheckResult.Limit;
import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.explore.Coverage;
import io.github.nmi64.fixture.CheckPlan.ExpectedVerdict;
import io.github.nmi64.fixture.DirectiveException;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.monitor.Unwatched;
import io.github.nmi64.report.CheckReport.Shard;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.ScheduleSyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** Reads back what {@link CheckJson} has written. */
public final class CheckJsonReader {
    private static final Pattern SHARD = Pattern.compile("([1-9][0-9]{0,5})/([1-9][0-9]{0,5})");

    private final String file;
    private final JsonObject json;

    private CheckJsonReader(String file, JsonObject json) {
        this.file = file;
        this.json = json;
    }

    /**
     * Reads a result.
     *
     * @param file what to call it in errors
     * @throws UnusableResultException if the text is anything else
     */
    public static CheckReport read(String file, String text) {
        JsonElement element;
        try {
            element = JsonParser.parseString(text);
        } catch (JsonParseException e) {
            throw wrong(file, "it is not JSON");
        }
        if (!element.isJsonObject()) {
            throw wrong(file, "it is not one JSON object");
        }
        return new CheckJsonReader(file, element.getAsJsonObject()).report();
    }

    private CheckReport report() {
        return new CheckReport(
                value("fixture", JsonElement::getAsString),
                value("image", JsonElement::getAsString),
                value("expected", CheckJsonReader::expected),
                value("shard", CheckJsonReader::shard),
                result(),
                value("seconds", JsonElement::getAsDouble),
                value("directives", JsonElement::getAsString),
                Optional.empty(),
                value("replay", array -> list(array, JsonElement::getAsString)));
    }

    private CheckResult result() {
        Verdict verdict =
                value("verdict", word -> Verdict.valueOf(word.getAsString().toUpperCase(Locale.ROOT)));
        List<Counterexample> examples =
                value("violations", array -> list(array, example -> example(example.getAsJsonObject())));
        if (examples.isEmpty() == (verdict == Verdict.VIOLATED)) {
            throw wrong(file, "'verdict' and 'violations' contradict each other");
        }
        return new CheckResult(
                verdict,
                value("reason", JsonElement::getAsString),
                value("events", array -> list(array, kind -> InjectedEvent.parse(kind.getAsString()))),
                value("maxEventsExplored", JsonElement::getAsInt),
                value("states", JsonElement::getAsLong),
                value("transitions", JsonElement::getAsLong),
                value("memoryBytes", JsonElement::getAsLong),
                examples,
                value("liveWords", array -> list(array, JsonElement::getAsString)),
                value("timeInState", JsonElement::getAsBoolean),
                value("storm", JsonElement::getAsString),
                value("limit", CheckJsonReader::limit),
                coverage());
    }

    private Coverage coverage() {
        return new Coverage(
                value("watched", array -> list(array, JsonElement::getAsString)),
                value("notWatched", array -> list(array, entry -> unwatched(entry.getAsJsonObject()))),
                value("boundaries", JsonElement::getAsLong),
                value("arrivals", JsonElement::getAsLong),
                value("neverPossible", array -> list(array, kind -> InjectedEvent.parse(kind.getAsString()))),
                value("assumptions", array -> list(array, JsonElement::getAsString)));
    }

    private Unwatched unwatched(JsonObject object) {
        CheckJsonReader inner = new CheckJsonReader(file, object);
        return new Unwatched(
                inner.value("invariant", JsonElement::getAsString), inner.value("why", JsonElement::getAsString));
    }

    private static Limit limit(JsonElement value) {
        return value.isJsonNull()
                ? Limit.NONE
                : Limit.valueOf(value.getAsString().toUpperCase(Locale.ROOT));
    }

    private Counterexample example(JsonObject object) {
        CheckJsonReader inner = new CheckJsonReader(file, object);
        Violation violation = new Violation(
                inner.value("invariant", JsonElement::getAsString),
                inner.value("subject", JsonElement::getAsString),
                inner.value("steps", JsonElement::getAsLong),
                0, // not told
                inner.value("detail", JsonElement::getAsString));
        return new Counterexample(
                violation,
                inner.value("schedule", array -> list(array, injection -> Injection.parse(injection.getAsString()))),
                inner.value("story", array -> list(array, JsonElement::getAsString)));
    }

    private static Optional<ExpectedVerdict> expected(JsonElement value) {
        if (value.isJsonNull()) {
            return Optional.empty();
        }
        try {
            String directive = "verdict " + value.getAsString();
            return Directives.parse("expected", directive, SymbolTable.EMPTY)
                    .check()
                    .verdict();
        } catch (DirectiveException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Shard shard(JsonElement value) {
        Matcher matcher = SHARD.matcher(value.getAsString());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(value.toString());
        }
        Shard shard = new Shard(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), 1);
        if (shard.number() > shard.of()) {
            throw new IllegalArgumentException(value.toString());
        }
        return shard;
    }

    private <T> T value(String key, Function<JsonElement, T> meaning) {
        JsonElement element = json.get(key);
        if (element == null) {
            throw wrong(file, "key '" + key + "' is missing");
        }
        try {
            return meaning.apply(element);
        } catch (UnusableResultException e) {
            throw e;
        } catch (IllegalArgumentException
                | IllegalStateException
                | UnsupportedOperationException
                | ScheduleSyntaxException e) {
            throw wrong(file, "key '" + key + "' has an invalid value");
        }
    }

    private static <T> List<T> list(JsonElement array, Function<JsonElement, T> meaning) {
        JsonArray elements = array.getAsJsonArray();
        return StreamSupport.stream(elements.spliterator(), false).map(meaning).toList();
    }

    private static UnusableResultException wrong(String file, String what) {
        return new UnusableResultException(file + " is not the output of 'check --result json': " + what);
    }
}
