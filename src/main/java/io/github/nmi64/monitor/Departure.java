package io.github.nmi64.monitor;

import io.github.nmi64.bits.Digest;

/**
 * Where the outermost program was interrupted by an event from outside, and what the machine was like then. Plain data, a
 * part of an explored state's identity.
 */
final class Departure {
    /** The program is interrupted and has not come back; the rest means something only then. */
    boolean away;
    /** Its level on the list of interrupted contexts; the levels below are its own. */
    int level;
    /**
     * Not 0: the machine was at the very place with this many contexts listed and in another state, as when the handler's
     * own exception runs through the code in which the program waits. Until that number has fallen nothing is a return.
     */
    int doubt;

    long rip;
    long rsp;
    int cs;
    int ss;
    /** RF in the frame the processor pushed. */
    long resumeFlag;
    /** The footprint. */
    long low;

    long high;

    void copyFrom(Departure other) {
        away = other.away;
        level = other.level;
        doubt = other.doubt;
        rip = other.rip;
        rsp = other.rsp;
        cs = other.cs;
        ss = other.ss;
        resumeFlag = other.resumeFlag;
        low = other.low;
        high = other.high;
    }

    /** Adds what matters for the future; the place is part of the footprint. */
    void digest(Digest into) {
        if (away) {
            into.add(low, high);
            into.add((long) doubt << 32 | level, resumeFlag);
        }
    }
}
