package io.github.nmi64.core;

/** Emulated time in cycles. */
public final class Clock {
    /** Cycles since reset. */
    public long now;
    /** The boundary at or after this cycle looks for arrivals and limits; {@link Long#MAX_VALUE} if there are none. */
    public long due = Long.MAX_VALUE;
}
