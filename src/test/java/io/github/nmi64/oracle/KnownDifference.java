package io.github.nmi64.oracle;

import java.util.function.Predicate;

/**
 * A documented disagreement with a {@link MachineOracle}.
 *
 * @param reason what the oracle does differently
 * @param rule who says that nmi64 is right: a paragraph of the manual, or why it cannot be compared
 * @param effect how the comparison goes on
 * @param applies whether a difference is this one
 */
public record KnownDifference(String reason, String rule, Effect effect, Predicate<MachineDifference> applies) {
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
