package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** DAA DAS AAA AAS AAM AAD (SDM vol. 2, by name), valid in compatibility mode only (TP-243). */
final class DecimalAdjustments {
    private DecimalAdjustments() {}

    static List<Operation> operations() {
        return List.of(new Daa(), new Das(), new Aaa(), new Aas(), new Aam(), new Aad());
    }

    private static int al(Core core) {
        return (int) core.state.gpr[Gpr.RAX] & 0xff;
    }

    private static boolean adjustsLowDigit(Core core) {
        return (al(core) & 15) > 9 || core.state.flag(Rflags.AF);
    }

    private static boolean adjustsHighDigit(Core core) {
        return al(core) > 0x99 || core.state.flag(Rflags.CF);
    }

    static final class Daa extends Operation {
        Daa() {
            super("daa", row("not64 27"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            boolean low = adjustsLowDigit(core);
            boolean high = adjustsHighDigit(core);
            long result = al(core) + (low ? 6 : 0) + (high ? 0x60 : 0);
            Operands.writeRegister(core, Gpr.RAX, 8, result);
            long carries = (low ? Rflags.AF : 0) | (high ? Rflags.CF : 0);
            core.state.status(Rflags.ofLogic(result & 0xff, 8) | carries);
        }
    }

    static final class Das extends Operation {
        Das() {
            super("das", row("not64 2F"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            boolean low = adjustsLowDigit(core);
            boolean high = adjustsHighDigit(core);
            boolean borrow = high || low && al(core) < 6;
            long result = al(core) - (low ? 6 : 0) - (high ? 0x60 : 0);
            Operands.writeRegister(core, Gpr.RAX, 8, result);
            long carries = (low ? Rflags.AF : 0) | (borrow ? Rflags.CF : 0);
            core.state.status(Rflags.ofLogic(result & 0xff, 8) | carries);
        }
    }

    /** Adds 6 to AX and 1 to AH, or nothing, and keeps one digit in AL. */
    private static void adjustAscii(Core core, int sign) {
        boolean adjusts = adjustsLowDigit(core);
        long ax = core.state.gpr[Gpr.RAX] + (adjusts ? sign * 0x106 : 0);
        Operands.writeRegister(core, Gpr.RAX, 16, ax & 0xff0f);
        long carries = adjusts ? Rflags.AF | Rflags.CF : 0;
        core.state.status(Rflags.ofResult(ax & 0x0f, 8) | carries);
    }

    static final class Aaa extends Operation {
        Aaa() {
            super("aaa", row("not64 37"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            adjustAscii(core, 1);
        }
    }

    static final class Aas extends Operation {
        Aas() {
            super("aas", row("not64 3F"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            adjustAscii(core, -1);
        }
    }

    static final class Aam extends Operation {
        Aam() {
            super("aam", row("not64 D4", "Ib"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            int base = (int) insn.immediate & 0xff;
            if (base == 0) {
                throw Fault.of(Vector.DE);
            }
            int value = al(core);
            Operands.writeRegister(core, Gpr.RAX, 16, (long) value / base << 8 | value % base);
            core.state.status(Rflags.ofLogic(value % base, 8));
        }
    }

    static final class Aad extends Operation {
        Aad() {
            super("aad", row("not64 D5", "Ib"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long high = core.state.gpr[Gpr.RAX] >>> 8 & 0xff;
            long result = al(core) + high * (insn.immediate & 0xff) & 0xff;
            Operands.writeRegister(core, Gpr.RAX, 16, result);
            core.state.status(Rflags.ofLogic(result, 8));
        }
    }
}
