package io.github.nmi64.report;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.explore.StatesApart;
import io.github.nmi64.fixture.CheckPlan.ExpectedVerdict;
import io.github.nmi64.fixture.Fixture;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The result of {@code check}, or of {@code merge}, which joins several.
 *
 * @param fixture name of the fixture
 * @param image SHA-256 of its image
 * @param expected what the fixture says must be found
 * @param shard which part of the work was done
 * @param seconds wall time the exploration took; of several, all of them
 * @param outside SHA-256 of the directives that stand outside the image, empty if there are none
 * @param apart what keeps the states apart, if somebody asked
 * @param replay the words of the command that plays a counterexample, from the fixture up to the injections
 */
public record CheckReport(
        String fixture,
        String image,
        Optional<ExpectedVerdict> expected,
        Shard shard,
        CheckResult result,
        double seconds,
        String outside,
        Optional<StatesApart> apart,
        List<String> replay) {

    public CheckReport {
        replay = List.copyOf(replay);
    }

    /**
     * A part of the work.
     *
     * @param number which shard, from 1
     * @param of number of shards
     * @param joined how many results were joined; 1 if none were
     */
    public record Shard(int number, int of, int joined) {
        /** True if every first arrival was explored. */
        public boolean isWhole() {
            return of == 1 || joined > 1;
        }

        /** {@code 2/4}. */
        public String text() {
            return number + "/" + of;
        }
    }

    /**
     * The result of a check.
     *
     * @param seconds wall time it took
     */
    public static CheckReport of(Fixture fixture, CheckOptions options, CheckResult result, double seconds) {
        return new CheckReport(
                fixture.name(),
                fixture.image().sha256(),
                fixture.directives().check().verdict(),
                new Shard(options.shard() + 1, options.shards(), 1),
                result,
                seconds,
                fixture.outside(),
                Optional.empty(),
                List.of(fixture.name()));
    }

    /** As it is, played by another command. */
    public CheckReport withReplay(List<String> words) {
        return new CheckReport(fixture, image, expected, shard, result, seconds, outside, apart, words);
    }

    /** As it is, with what keeps the states apart. */
    public CheckReport withApart(StatesApart statesApart) {
        return new CheckReport(
                fixture, image, expected, shard, result, seconds, outside, Optional.of(statesApart), replay);
    }

    /** What the fixture expects decides; without that, whether an invariant breaks. A proof of nothing is no answer. */
    public Standing standing() {
        if (isEmpty()) {
            return Standing.UNUSABLE;
        }
        if (asExpected().orElse(result.verdict() != CheckResult.Verdict.VIOLATED && !ranOut())) {
            return Standing.OK;
        }
        return ranOut() ? Standing.BOUNDED : Standing.FAILED;
    }

    /** Whether memory, instructions or time ran out before everything that was asked for was explored. */
    public boolean ranOut() {
        return result.verdict() == CheckResult.Verdict.BOUNDED && result.limit() != CheckResult.Limit.EVENTS;
    }

    /** True if nothing broke because no event was ever offered. */
    public boolean isEmpty() {
        return result.verdict() != CheckResult.Verdict.VIOLATED
                && !ranOut()
                && result.coverage().boundaries() == 0;
    }

    /** Whether the verdict is the one the fixture expects; empty if it expects none, or if one shard cannot tell. */
    public Optional<Boolean> asExpected() {
        boolean canTell = shard.isWhole() || result.verdict() == CheckResult.Verdict.VIOLATED;
        return canTell ? expected.map(this::matches) : Optional.empty();
    }

    private boolean matches(ExpectedVerdict wanted) {
        if (!wanted.verdict().equals(word())) {
            return false;
        }
        return wanted.invariant().isEmpty()
                || result.counterexamples().stream().anyMatch(example -> isMeant(wanted, example));
    }

    private static boolean isMeant(ExpectedVerdict wanted, Counterexample example) {
        return example.violation().invariant().equals(wanted.invariant())
                && (wanted.subject().isEmpty() || example.violation().subject().equals(wanted.subject()))
                && (wanted.events().isEmpty()
                        || wanted.events().getAsLong() == example.schedule().size());
    }

    /** The counterexample to show: the shortest one the fixture means, else the shortest. Empty if there is none. */
    public Optional<Counterexample> example() {
        Optional<Counterexample> meant = expected.flatMap(wanted -> result.counterexamples().stream()
                .filter(example -> isMeant(wanted, example))
                .findFirst());
        return meant.or(() -> result.counterexamples().stream().findFirst());
    }

    /** {@code proved}, {@code bounded} or {@code violated}. */
    public String word() {
        return result.verdict().name().toLowerCase(Locale.ROOT);
    }

    /** The number of events of the counterexample, or the number up to which was explored. */
    public int events() {
        return result.counterexamples().isEmpty()
                ? result.layers()
                : result.counterexamples().get(0).schedule().size();
    }

    /** {@code violated: context-restored (rdi) with 2 events}. */
    public String verdict() {
        return (isEmpty() ? "nothing explored, no event could arrive: " : "") + found();
    }

    private String found() {
        return switch (result.verdict()) {
            case PROVED ->
                "proved for any number of events"
                        + (shard.isWhole() ? "" : " whose first is in this shard; 'nmi64 merge' joins the shards");
            case BOUNDED ->
                "bounded: no violation with up to " + CheckText.counted(result.layers(), "event") + "; "
                        + result.reason();
            case VIOLATED -> {
                var first = result.counterexamples().get(0).violation();
                yield "violated: " + first.invariant() + " (" + first.subject() + ") with "
                        + CheckText.counted(events(), "event");
            }
        };
    }

    /**
     * In words, for people.
     *
     * @param program how the program was called
     */
    public String text(Style style, String program) {
        return new CheckText(this, style, program).text();
    }

    /** In words that nobody colours. */
    public String plainText() {
        return text(Style.PLAIN, "nmi64");
    }

    /** One object on one line. */
    public String json() {
        return CheckJson.line(this);
    }
}
