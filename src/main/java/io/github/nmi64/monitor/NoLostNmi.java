package io.github.nmi64.monitor;

import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.InterruptState;

/**
 * After every NMI that was delivered the handler's body starts; several NMIs may share one start. Judged when the outermost
 * program that an NMI interrupted resumes, since until then an entry may still have a repetition to come, and when the run
 * ends with no such program left or where it ends when nothing interrupts it.
 */
final class NoLostNmi extends Invariant {
    NoLostNmi() {
        super("no-lost-nmi");
    }

    @Override
    void resumed(Scene scene, int level) {
        if (scene.nesting().owed && scene.nesting().outermost(Vector.NMI) >= level) {
            lost(
                    scene,
                    "the interrupted program resumes at " + scene.at(scene.state().rip)
                            + " and the handler has not started since the last NMI was delivered");
        }
    }

    @Override
    void ended(Scene scene) {
        if (scene.nesting().outermost(Vector.NMI) == scene.nesting().depth) {
            judgeEnd(scene);
        } // else the guest ends in an NMI's entry, which might have gone on
    }

    @Override
    void completed(Scene scene) {
        judgeEnd(scene);
    }

    private void judgeEnd(Scene scene) {
        InterruptState interrupts = scene.state().interrupts;
        if (scene.nesting().owed) {
            lost(scene, "the run ends and the handler has not started since the last NMI was delivered");
        } else if (interrupts.nmiLatched && interrupts.nmiBlocked) {
            lost(scene, "the run ends with an NMI latched and NMIs still blocked: no IRET ended the last handler");
        }
    }

    private void lost(Scene scene, String detail) {
        scene.nesting().owed = false; // reported once
        broken(scene, "nmi", detail);
    }
}
