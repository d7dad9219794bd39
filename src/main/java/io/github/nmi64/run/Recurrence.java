package io.github.nmi64.run;

import io.github.nmi64.state.InterruptState;

/**
 * Notices that a machine is in a state it was in before, by Brent's method: one state is remembered, and replaced by the
 * present one whenever the number of states since has doubled. So a cycle is noticed within three times its length and the
 * way to it.
 */
final class Recurrence {
    private final StateIdentity identity;
    private final InterruptState interrupts;
    private long low;
    private long high;
    private long since;
    private long patience;

    Recurrence(StateIdentity identity, InterruptState interrupts) {
        this.identity = identity;
        this.interrupts = interrupts;
    }

    /** Forgets what was: from here on everything is new. */
    void restart() {
        patience = 0;
    }

    /** Steps since the machine was in the state it is in now, or 0 if that is not known. */
    long period() {
        identity.take();
        long quadword = interrupts.bits();
        long nowLow = identity.low(quadword);
        long nowHigh = identity.high(quadword);
        since++;
        if (patience != 0 && nowLow == low && nowHigh == high) {
            return since;
        }
        if (since >= patience) {
            patience = Math.max(1, 2 * patience);
            since = 0;
            low = nowLow;
            high = nowHigh;
        }
        return 0;
    }
}
