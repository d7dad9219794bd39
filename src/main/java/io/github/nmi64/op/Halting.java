package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.Activity;
import java.util.List;

/**
 * HLT (SDM vol. 2, by name). MONITOR, MWAIT and RSM have no rows: the processor does not report the
 * first two and has no system-management mode, so all three are undefined (TP-054).
 */
final class Halting {
    private Halting() {}

    static List<Operation> operations() {
        return List.of(new Hlt());
    }

    /** Stops until an event that is not held back; its frame shows the next instruction (TP-042 to TP-047). */
    static final class Hlt extends Operation {
        Hlt() {
            super("hlt", row("F4"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            core.state.activity = Activity.HALTED;
            core.refreshAttention();
        }
    }
}
