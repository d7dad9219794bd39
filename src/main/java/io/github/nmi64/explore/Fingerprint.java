package io.github.nmi64.explore;

import io.github.nmi64.state.InterruptState;

/** Both halves of a state's fingerprint, as a key. */
record Fingerprint(long low, long high) {

    /** Of the state the walker is in. */
    static Fingerprint of(Walker walker) {
        InterruptState interrupts = walker.machine().state().interrupts;
        walker.identity().take();
        return new Fingerprint(
                walker.identity().low(interrupts.bits()), walker.identity().high(interrupts.bits()));
    }
}
