package io.github.nmi64.report;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Expectation;
import io.github.nmi64.monitor.Invariants;
import io.github.nmi64.run.RunReport;

/** What a finished run comes to. */
public enum RunVerdict {
    /** Ended as the fixture expects; without expectations: exit or halted, and nothing violated. */
    AS_EXPECTED,
    /** An expectation or an invariant is violated, or an injection never fired. */
    VIOLATED,
    /** Shutdown, or an instruction that is not implemented. */
    GUEST_DIED,
    /** A limit was reached. */
    LIMIT;

    /**
     * The verdict. How a run ended counts before what it showed: a guest that died or did not finish has usually not met its
     * other expectations either. An end the fixture expects is not held against it.
     *
     * @param allowUnfired whether injections that never fired are acceptable
     */
    public static RunVerdict of(RunReport report, boolean allowUnfired) {
        if (!endedAsExpected(report)) {
            if (report.ended() == Outcome.SHUTDOWN || report.ended() == Outcome.UNSUPPORTED) {
                return GUEST_DIED;
            }
            boolean caught = report.unexpected().stream()
                    .anyMatch(violation -> violation.invariant().equals(Invariants.PROGRESS));
            if (report.ended() == Outcome.LIMIT) {
                return caught ? VIOLATED : LIMIT;
            }
        }
        boolean fired = allowUnfired || report.unfired().isEmpty();
        return report.asExpected() && fired ? AS_EXPECTED : VIOLATED;
    }

    private static boolean endedAsExpected(RunReport report) {
        return report.expectations().stream()
                .anyMatch(judged -> judged.expectation() instanceof Expectation.Ending && judged.held());
    }
}
