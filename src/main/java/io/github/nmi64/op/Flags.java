package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** CLC STC CMC CLD STD CLI STI CLAC STAC (SDM vol. 2, by name), SALC. */
final class Flags {
    private Flags() {}

    static List<Operation> operations() {
        return List.of(
                new Change("clc", "F8", Rflags.CF, 0, 0),
                new Change("stc", "F9", 0, Rflags.CF, 0),
                new Change("cmc", "F5", 0, 0, Rflags.CF),
                new Change("cld", "FC", Rflags.DF, 0, 0),
                new Change("std", "FD", 0, Rflags.DF, 0),
                new Salc(),
                new Cli(),
                new Sti(),
                new Clac(),
                new Stac());
    }

    /** Clears, sets and inverts flags that no event depends on. */
    static final class Change extends Operation {
        private final long clear;
        private final long set;
        private final long invert;

        Change(String mnemonic, String opcode, long clear, long set, long invert) {
            super(mnemonic, row(opcode));
            this.clear = clear;
            this.set = set;
            this.invert = invert;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            core.state.rflags = (core.state.rflags & ~clear | set) ^ invert;
        }
    }

    /**
     * AL = FF if CF is set, else 0; no flag changes (TP-243). Without a page in the manuals, but SDM vol. 3, 6.15, interrupt 6,
     * says that D6 is no undefined opcode outside 64-bit mode, and processors execute it.
     */
    static final class Salc extends Operation {
        Salc() {
            super("salc", row("not64 D6"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.writeRegister(core, Gpr.RAX, 8, core.state.flag(Rflags.CF) ? 0xff : 0);
        }
    }

    /** TP-071. */
    private static void checkInterruptFlagAccess(Core core) {
        if (core.state.cpl > core.state.iopl()) {
            throw Fault.generalProtection(0);
        }
    }

    static final class Cli extends Operation {
        Cli() {
            super("cli", row("FA"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            checkInterruptFlagAccess(core);
            core.rflags(core.state.rflags & ~Rflags.IF);
        }
    }

    /** Casts a shadow over the next boundary, but only if it changes IF (TP-066, TP-067). */
    static final class Sti extends Operation {
        Sti() {
            super("sti", row("FB"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            checkInterruptFlagAccess(core);
            if (!core.state.flag(Rflags.IF)) {
                core.state.interrupts.shadow = InterruptState.STI_SHADOW;
                core.rflags(core.state.rflags | Rflags.IF);
            }
        }
    }

    static final class Clac extends Operation {
        Clac() {
            super("clac", row("NP 0F 01 CA"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            requireSupervisorElseUndefined(core);
            core.rflags(core.state.rflags & ~Rflags.AC);
        }
    }

    static final class Stac extends Operation {
        Stac() {
            super("stac", row("NP 0F 01 CB"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
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
