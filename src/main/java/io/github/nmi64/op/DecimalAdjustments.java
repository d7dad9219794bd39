package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * DAA DAS AAA AAS AAM AAD (SDM vol. 2, by name), valid in compatibility mode only (TP-243). Flags the manual leaves
 * undefined are those of AMD Zen 3 (measured on signature 0xa00f11): those of the addition or subtraction that adjusts.
 */
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

    /** Commits an adjustment: the flags are those of the arithmetic but for AF and CF, which tell what was adjusted. */
    private static void commit(Core core, int bits, long result, long flags, boolean low, boolean high) {
        Operands.writeRegister(core, Gpr.RAX, bits, result);
        long carries = (low ? Rflags.AF : 0) | (high ? Rflags.CF : 0);
        core.state.status(flags & ~(Rflags.AF | Rflags.CF) | carries);
    }

    static final class Daa extends Operation {
        Daa() {
            super("daa", row("not64 27"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            boolean low = adjustsLowDigit(core);
            boolean high = adjustsHighDigit(core);
            int correction = (low ? 6 : 0) + (high ? 0x60 : 0);
            long result = al(core) + correction;
            commit(core, 8, result, Rflags.ofAdd(al(core), correction, result, 8), low, high);
        }
    }

    static final class Das extends Operation {
        Das() {
            super("das", row("not64 2F"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            boolean low = adjustsLowDigit(core);
            boolean high = adjustsHighDigit(core);
            boolean borrow = high || low && al(core) < 6;
            int correction = (low ? 6 : 0) + (high ? 0x60 : 0);
            long result = al(core) - correction;
            commit(core, 8, result, Rflags.ofSubtract(al(core), correction, result, 8), low, borrow);
        }
    }

    private static final int ASCII_CORRECTION = 0x106;
    private static final int ONE_DIGIT = 0xff0f;

    private static long ax(Core core) {
        return core.state.gpr[Gpr.RAX] & 0xffff;
    }

    static final class Aaa extends Operation {
        Aaa() {
            super("aaa", row("not64 37"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            boolean adjusts = adjustsLowDigit(core);
            int correction = adjusts ? ASCII_CORRECTION : 0;
            long sum = ax(core) + correction;
            long flags = Rflags.ofAdd(ax(core), correction, sum, 16);
            commit(core, 16, sum & ONE_DIGIT, flags, adjusts, adjusts);
        }
    }

    static final class Aas extends Operation {
        Aas() {
            super("aas", row("not64 3F"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            boolean adjusts = adjustsLowDigit(core);
            int correction = adjusts ? ASCII_CORRECTION : 0;
            long difference = ax(core) - correction;
            long flags = Rflags.ofSubtract(ax(core), correction, difference, 16);
            commit(core, 16, difference & ONE_DIGIT, flags, adjusts, adjusts);
        }
    }

    static final class Aam extends Operation {
        Aam() {
            super("aam", row("not64 D4", "Ib"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int base = (int) instruction.immediate & 0xff;
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
        public void execute(Core core, Instruction instruction) {
            long low = al(core);
            long tens = (ax(core) >>> 8) * (instruction.immediate & 0xff) & 0xff;
            Operands.writeRegister(core, Gpr.RAX, 16, low + tens & 0xff);
            core.state.status(Rflags.ofAdd(low, tens, low + tens, 8));
        }
    }
}
