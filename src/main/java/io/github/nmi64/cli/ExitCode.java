package io.github.nmi64.cli;

import io.github.nmi64.report.CheckReport;
import io.github.nmi64.report.RunVerdict;
import io.github.nmi64.report.Standing;

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

    /** The code of a finished run. */
    static ExitCode of(RunVerdict verdict) {
        return switch (verdict) {
            case AS_EXPECTED -> OK;
            case VIOLATED -> VIOLATED;
            case GUEST_DIED -> GUEST_DIED;
            case LIMIT -> LIMIT;
        };
    }

    /** The code of a finished check. */
    static ExitCode of(CheckReport report) {
        return of(report.standing());
    }

    /** What a fixture contributes to the code of a command that checks it. */
    static ExitCode of(Standing standing) {
        return switch (standing) {
            case OK, SKIPPED -> OK;
            case FAILED -> VIOLATED;
            case BOUNDED -> LIMIT;
            case UNUSABLE -> BAD_INPUT;
            case NOT_ASSEMBLED -> ENVIRONMENT;
        };
    }
}
