package io.github.nmi64.oracle;

import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A documented disagreement with a {@link MachineOracle}.
 *
 * @param reason what the oracle does differently
 * @param rule who says that nmi64 is right: a paragraph of the manual, or why it cannot be compared
 * @param effect how the comparison goes on
 * @param applies whether a difference is this one
 * @param witness a run in which it occurs, so that it leaves the list when it is gone; empty if random programs alone show it
 */
public record KnownDifference(
        String reason, String rule, Effect effect, Predicate<MachineDifference> applies, Optional<Witness> witness) {
    /**
     * A run of a bundled fixture.
     *
     * @param schedule empty for the fixture's own
     */
    public record Witness(String fixture, Optional<Schedule> schedule) {}

    /** One without a witness. */
    KnownDifference(String reason, String rule, Effect effect, Predicate<MachineDifference> applies) {
        this(reason, rule, effect, applies, Optional.empty());
    }

    /** The same, known to occur in a bundled fixture under these injections, or under its own schedule if there are none. */
    KnownDifference seenIn(String fixture, String... injections) {
        Optional<Schedule> schedule = Optional.of(injections)
                .filter(texts -> texts.length > 0)
                .map(texts ->
                        new Schedule(Arrays.stream(texts).map(Injection::parse).toList()));
        return new KnownDifference(reason, rule, effect, applies, Optional.of(new Witness(fixture, schedule)));
    }

    /** How a comparison goes on after a known difference. */
    public enum Effect {
        /** The two lines count as equal; both machines go on alike. */
        GO_ON,
        /** The runs part here, what follows cannot be compared. */
        STOP
    }

    @Override
    public String toString() {
        return reason + " (" + rule + ")";
    }
}
