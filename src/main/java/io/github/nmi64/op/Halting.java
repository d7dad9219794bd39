package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * HLT, and CLAC and STAC (SDM vol. 2, by name). MONITOR, MWAIT and RSM have no rows: the processor does not report the
 * first two and has no system-management mode, so all three are undefined (TP-054).
 */
final class Halting {
    private Halting() {}

    static List<Operation> operations() {
        return List.of(new Hlt(), new Clac(), new Stac());
    }

    /** Stops until an event that is not held back; its frame shows the next instruction (TP-042 to TP-047). */
    static final class Hlt extends Operation {
        Hlt() {
            super("hlt", row("F4"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            Privilege.requireSupervisor(core);
            core.state.activity = Activity.HALTED;
            core.refreshAttention();
        }
    }

    static final class Clac extends Operation {
        Clac() {
            super("clac", row("NP 0F 01 CA"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            requireSupervisorElseUndefined(core);
            core.rflags(core.state.rflags & ~Rflags.AC);
        }
    }

    static final class Stac extends Operation {
        Stac() {
            super("stac", row("NP 0F 01 CB"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            requireSupervisorElseUndefined(core);
            core.rflags(core.state.rflags | Rflags.AC);
        }
    }

    /** Outside CPL 0 these two are undefined, not forbidden (TP-216). */
    private static void requireSupervisorElseUndefined(Core core) {
        if (core.state.cpl != 0) {
            throw Fault.undefinedOpcode();
        }
    }
}
