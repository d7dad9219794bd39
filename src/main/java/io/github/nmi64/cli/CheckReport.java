package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
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
 * @param part what was explored
 * @param seconds wall time the exploration took; of several, all of them
 * @param outside SHA-256 of the directives that stand outside the image, empty if there are none
 * @param replay the words of the command that plays a counterexample, from the fixture up to the injections
 */
record CheckReport(
        String fixture,
        String image,
        Optional<ExpectedVerdict> expected,
        Part part,
        CheckResult result,
        double seconds,
        String outside,
        List<String> replay) {

    CheckReport {
        replay = List.copyOf(replay);
    }

    /**
     * A part of the work.
     *
     * @param shard which shard, from 1
     * @param shards number of shards
     * @param merged how many results were joined; 1 if none were
     */
    record Part(int shard, int shards, int merged) {
        /** True if every first arrival was explored. */
        boolean isWhole() {
            return shards == 1 || merged > 1;
        }

        /** {@code 2/4}. */
        String text() {
            return shard + "/" + shards;
        }
    }

    static CheckReport of(Fixture fixture, CheckOptions options, CheckResult result, double seconds) {
        return new CheckReport(
                fixture.name(),
                fixture.image().sha256(),
                fixture.directives().check().verdict(),
                new Part(options.shard() + 1, options.shards(), 1),
                result,
                seconds,
                fixture.outside(),
                List.of(fixture.name()));
    }

    /** As it is, played by another command. */
    CheckReport withReplay(List<String> words) {
        return new CheckReport(fixture, image, expected, part, result, seconds, outside, words);
    }

    /** What the fixture expects decides; without that, whether an invariant breaks. A proof of nothing is no answer. */
    ExitCode exitCode() {
        if (isEmpty()) {
            return ExitCode.BAD_INPUT;
        }
        if (asExpected().orElse(result.verdict() != CheckResult.Verdict.VIOLATED && !ranOut())) {
            return ExitCode.OK;
        }
        return ranOut() ? ExitCode.LIMIT : ExitCode.VIOLATED;
    }

    /** Whether memory, instructions or time ran out before everything that was asked for was explored. */
    boolean ranOut() {
        return result.verdict() == CheckResult.Verdict.BOUNDED && result.limit() != CheckResult.Limit.EVENTS;
    }

    /** True if nothing broke because no event was ever offered. */
    boolean isEmpty() {
        return result.verdict() != CheckResult.Verdict.VIOLATED
                && !ranOut()
                && result.coverage().boundaries() == 0;
    }

    /** Whether the verdict is the one the fixture expects; empty if it expects none, or if one shard cannot tell. */
    Optional<Boolean> asExpected() {
        boolean canTell = part.isWhole() || result.verdict() == CheckResult.Verdict.VIOLATED;
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
    Optional<Counterexample> example() {
        Optional<Counterexample> meant = expected.flatMap(wanted -> result.counterexamples().stream()
                .filter(example -> isMeant(wanted, example))
                .findFirst());
        return meant.or(() -> result.counterexamples().stream().findFirst());
    }

    /** {@code proved}, {@code bounded} or {@code violated}. */
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
        return (isEmpty() ? "nothing was explored, no event could arrive anywhere: " : "") + found();
    }

    private String found() {
        return switch (result.verdict()) {
            case PROVED ->
                "proved for any number of events"
                        + (part.isWhole() ? "" : " whose first is of this shard; 'nmi64 merge' joins the shards");
            case BOUNDED ->
                "bounded: nothing breaks with up to " + CheckText.counted(result.layers(), "event") + "; "
                        + result.reason();
            case VIOLATED -> {
                var first = result.counterexamples().get(0).violation();
                yield "violated: " + first.invariant() + " (" + first.subject() + ") with "
                        + CheckText.counted(events(), "event");
            }
        };
    }

    /** In words, for people. */
    String text(Console console) {
        return new CheckText(this, console::good, console::bad, Shell.program(console.environment())).text();
    }

    /** In words that nobody colours. */
    String plainText() {
        return new CheckText(this, word -> word, word -> word, "nmi64").text();
    }

    /** One object on one line. */
    String json() {
        return CheckJson.line(this);
    }
}
