package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.HandlerFlag;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;

/**
 * The NMI handler's body begins with the flags that compiled code may rely on: DF clear (the ABI), TF and NT clear, and AC
 * clear where CR4.SMAP makes it open the user's pages. A first instruction that clears the flag itself is in time.
 */
final class HandlerStart extends Invariant {
    private final long allowed;

    /** @param allowed flags that may be set, by the fixture's word */
    HandlerStart(long allowed) {
        super("handler-start");
        this.allowed = allowed;
    }

    @Override
    void bodyStarted(Scene scene, long savedRegisters) {
        boolean underSmap = (scene.state().cr4 & Control.CR4_SMAP) != 0;
        long watched = (Rflags.DF | Rflags.TF | Rflags.NT | (underSmap ? Rflags.AC : 0)) & ~allowed;
        long set = scene.rflagsBefore() & scene.state().rflags & watched;
        for (HandlerFlag flag : HandlerFlag.values()) {
            if ((set & flag.mask()) != 0) {
                broken(
                        scene,
                        flag.keyword(),
                        "the handler starts with " + flag.name() + " set: RFLAGS is " + Hex.of(scene.rflagsBefore()));
            }
        }
    }
}
