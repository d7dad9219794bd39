package io.github.nmi64.cli;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Expectation;
import io.github.nmi64.monitor.Invariants;
import io.github.nmi64.run.RunReport;

/** What the process tells its caller. Part of the interface; see {@code docs/formats.md}. */
enum ExitCode {
    /** Ended as the fixture expects; without expectations: exit or halted. */
    OK(0),
    /** An expectation or an invariant is violated, or an injection never fired. */
    VIOLATED(1),
    /** Wrong usage or bad input. */
    BAD_INPUT(2),
    /** The environment lacks something, such as an assembler. */
    ENVIRONMENT(3),
    /** The guest died: shutdown, or an instruction that is not implemented. */
    GUEST_DIED(4),
    /** A limit was reached. */
    LIMIT(5),
    /** A mistake in this program. */
    INTERNAL(70),
    /** Ended by Ctrl-C, as the shell tells it. */
    INTERRUPTED(130),
    /** Whoever read the output has gone, as the shell tells it. */
    PIPE_CLOSED(141);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    /** The number the process exits with. */
    int number() {
        return number;
    }

    /**
     * The code of a finished run. How a run ended counts before what it showed: a guest that died or did not finish has
     * usually not met its other expectations either. An end the fixture expects is not held against it.
     *
     * @param allowUnfired whether injections that never fired are acceptable
     */
    static ExitCode of(RunReport report, boolean allowUnfired) {
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
        return report.asExpected() && fired ? OK : VIOLATED;
    }

    private static boolean endedAsExpected(RunReport report) {
        return report.expectations().stream()
                .anyMatch(judged -> judged.expectation() instanceof Expectation.Outcome && judged.held());
    }
}
