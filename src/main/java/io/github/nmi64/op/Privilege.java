package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.state.Control;

/** Privilege conditions that many instructions share. */
final class Privilege {
    private Privilege() {}

    /** Raises #GP(0) unless CPL is 0. */
    static void requireSupervisor(Core core) {
        if (core.state.cpl != 0) {
            throw Fault.generalProtection(0);
        }
    }

    /** Raises #GP(0) if CR4.UMIP hides the descriptor-table registers and CR0 from CPL 1 to 3 (SDM vol. 3, 2.5; TP-205). */
    static void requireVisibleSystemState(Core core) {
        if (core.state.cpl != 0 && (core.state.cr4 & Control.CR4_UMIP) != 0) {
            throw Fault.generalProtection(0);
        }
    }
}
