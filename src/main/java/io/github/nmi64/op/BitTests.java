package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * BT BTS BTR BTC (SDM vol. 2, by name): the selected bit goes to CF, the other flags stay, also those the manual leaves
 * undefined (as on AMD Zen 3). A bit number in a register is signed and, with a memory operand, reaches beyond it.
 */
final class BitTests {
    private BitTests() {}

    static List<Operation> operations() {
        return List.of(new Bt(), new Bts(), new Btr(), new Btc());
    }

    private static Encoding[] rows(String registerForm, int digit) {
        return new Encoding[] {Encoding.of(registerForm, "Ev,Gv"), Encoding.of("0F BA /" + digit, "Ev,Ib")};
    }

    private static boolean reachesOut(Instruction insn) {
        return Operands.isMemory(insn.operand0) && Operand.kind(insn.operand1) == Operand.GPR;
    }

    /** Linear address of the word of memory that holds the bit; wraps at the address size. */
    private static long address(Core core, Instruction insn, boolean write) {
        int bits = Operand.bits(insn.operand0);
        long number = Operands.read(core, insn, insn.operand1) << -bits >> -bits;
        long words = number >> Integer.numberOfTrailingZeros(bits);
        long offset = Operands.effective(core, insn) + words * (bits >>> 3) & -1L >>> -insn.addressBits;
        return Operands.linear(core, insn, insn.segment, offset, bits, write);
    }

    private static long load(Core core, Instruction insn) {
        if (reachesOut(insn)) {
            return core.memory.readForWrite(address(core, insn, true), Operand.bits(insn.operand0), insn.segment);
        }
        return Operands.readDestination(core, insn, insn.operand0);
    }

    /** Stores the new value and puts the old bit into CF. */
    private static void commit(Core core, Instruction insn, long old, long value, long mask) {
        if (reachesOut(insn)) {
            core.memory.write(address(core, insn, true), Operand.bits(insn.operand0), value, insn.segment);
        } else {
            Operands.write(core, insn, insn.operand0, value);
        }
        core.state.status(Rflags.CF, (old & mask) != 0 ? Rflags.CF : 0);
    }

    private static long mask(Core core, Instruction insn) {
        return 1L << ((int) Operands.read(core, insn, insn.operand1) & Operand.bits(insn.operand0) - 1);
    }

    static final class Bt extends Operation {
        Bt() {
            super("bt", rows("0F A3 /r", 4));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long value = reachesOut(insn)
                    ? core.memory.read(address(core, insn, false), Operand.bits(insn.operand0), insn.segment)
                    : Operands.read(core, insn, insn.operand0);
            core.state.status(Rflags.CF, (value & mask(core, insn)) != 0 ? Rflags.CF : 0);
        }
    }

    static final class Bts extends LockableOperation {
        Bts() {
            super("bts", rows("0F AB /r", 5));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long mask = mask(core, insn);
            long old = load(core, insn);
            commit(core, insn, old, old | mask, mask);
        }
    }

    static final class Btr extends LockableOperation {
        Btr() {
            super("btr", rows("0F B3 /r", 6));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long mask = mask(core, insn);
            long old = load(core, insn);
            commit(core, insn, old, old & ~mask, mask);
        }
    }

    static final class Btc extends LockableOperation {
        Btc() {
            super("btc", rows("0F BB /r", 7));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long mask = mask(core, insn);
            long old = load(core, insn);
            commit(core, insn, old, old ^ mask, mask);
        }
    }
}
