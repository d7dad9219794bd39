package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.fixture.CheckPlan.ExpectedVerdict;
import io.github.nmi64.fixture.Fixture;
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
 */
record CheckReport(
        String fixture,
        String image,
        Optional<ExpectedVerdict> expected,
        Part part,
        CheckResult result,
        double seconds) {

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
                seconds);
    }

    /** Whether an invariant breaks decides, not whether the fixture expects it. */
    ExitCode exitCode() {
        return result.verdict() == CheckResult.Verdict.VIOLATED ? ExitCode.VIOLATED : ExitCode.OK;
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
        return switch (result.verdict()) {
            case PROVED ->
                "proved for any number of events"
                        + (part.isWhole() ? "" : " whose first is of this shard; 'nmi64 merge' joins the shards");
            case BOUNDED -> "bounded: nothing breaks with up to " + counted(result.layers()) + "; " + result.reason();
            case VIOLATED -> {
                var first = result.counterexamples().get(0).violation();
                yield "violated: " + first.invariant() + " (" + first.subject() + ") with " + counted(events());
            }
        };
    }

    private static String counted(int events) {
        return events + (events == 1 ? " event" : " events");
    }

    /** In words, for people. */
    String text(Console console) {
        return new CheckText(this).text(console);
    }

    /** One object on one line. */
    String json() {
        return CheckJson.line(this);
    }
}
