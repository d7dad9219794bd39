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

    private static boolean reachesOut(Instruction instruction) {
        return Operands.isMemory(instruction.operand0) && Operand.kind(instruction.operand1) == Operand.GPR;
    }

    /** Linear address of the word of memory that holds the bit; wraps at the address size. */
    private static long address(Core core, Instruction instruction, boolean write) {
        int bits = Operand.bits(instruction.operand0);
        long number = Operands.read(core, instruction, instruction.operand1) << -bits >> -bits;
        long words = number >> Integer.numberOfTrailingZeros(bits);
        long offset = Operands.effective(core, instruction) + words * (bits >>> 3) & -1L >>> -instruction.addressBits;
        return Operands.linear(core, instruction, instruction.segment, offset, bits, write);
    }

    private static long load(Core core, Instruction instruction) {
        if (reachesOut(instruction)) {
            return core.memory.readForWrite(
                    address(core, instruction, true), Operand.bits(instruction.operand0), instruction.segment);
        }
        return Operands.readDestination(core, instruction, instruction.operand0);
    }

    /** Stores the new value and puts the old bit into CF. */
    private static void commit(Core core, Instruction instruction, long old, long value, long mask) {
        if (reachesOut(instruction)) {
            core.memory.write(
                    address(core, instruction, true), Operand.bits(instruction.operand0), value, instruction.segment);
        } else {
            Operands.write(core, instruction, instruction.operand0, value);
        }
        core.state.status(Rflags.CF, (old & mask) != 0 ? Rflags.CF : 0);
    }

    private static long mask(Core core, Instruction instruction) {
        return 1L
                << ((int) Operands.read(core, instruction, instruction.operand1)
                        & Operand.bits(instruction.operand0) - 1);
    }

    static final class Bt extends Operation {
        Bt() {
            super("bt", rows("0F A3 /r", 4));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long value = reachesOut(instruction)
                    ? core.memory.read(
                            address(core, instruction, false), Operand.bits(instruction.operand0), instruction.segment)
                    : Operands.read(core, instruction, instruction.operand0);
            core.state.status(Rflags.CF, (value & mask(core, instruction)) != 0 ? Rflags.CF : 0);
        }
    }

    static final class Bts extends LockableOperation {
        Bts() {
            super("bts", rows("0F AB /r", 5));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long mask = mask(core, instruction);
            long old = load(core, instruction);
            commit(core, instruction, old, old | mask, mask);
        }
    }

    static final class Btr extends LockableOperation {
        Btr() {
            super("btr", rows("0F B3 /r", 6));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long mask = mask(core, instruction);
            long old = load(core, instruction);
            commit(core, instruction, old, old & ~mask, mask);
        }
    }

    static final class Btc extends LockableOperation {
        Btc() {
            super("btc", rows("0F BB /r", 7));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long mask = mask(core, instruction);
            long old = load(core, instruction);
            commit(core, instruction, old, old ^ mask, mask);
        }
    }
}
