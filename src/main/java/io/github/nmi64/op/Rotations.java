package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * ROL ROR RCL RCR RORX (SDM vol. 2, by name). They change CF and OF only, and nothing if the masked count is zero; OF,
 * undefined for counts other than one, follows AMD Zen 3: see {@link Rflags#ofRotateLeft} and
 * {@link Rflags#ofRotateRight}.
 */
final class Rotations {
    private static final long AFFECTED = Rflags.CF | Rflags.OF;

    private Rotations() {}

    static List<Operation> operations() {
        return List.of(new Rol(), new Ror(), new Rcl(), new Rcr(), new Rorx());
    }

    private static long rotateLeft(long value, int count, int bits) {
        int within = count & bits - 1;
        return value << within | value >>> bits - within;
    }

    private static long rotateRight(long value, int count, int bits) {
        int within = count & bits - 1;
        return value >>> within | value << bits - within;
    }

    static final class Rol extends Operation {
        Rol() {
            super("rol", Shifts.groupRows(0));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = Shifts.count(core, instruction, instruction.operand1, bits);
            long value = Operands.readDestination(core, instruction, instruction.operand0);
            long result = rotateLeft(value, count, bits);
            Operands.write(core, instruction, instruction.operand0, result);
            if (count != 0) {
                core.state.status(AFFECTED, Rflags.ofRotateLeft(result, bits, result & 1));
            }
        }
    }

    static final class Ror extends Operation {
        Ror() {
            super("ror", Shifts.groupRows(1));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = Shifts.count(core, instruction, instruction.operand1, bits);
            long value = Operands.readDestination(core, instruction, instruction.operand0);
            long result = rotateRight(value, count, bits);
            Operands.write(core, instruction, instruction.operand0, result);
            if (count != 0) {
                core.state.status(AFFECTED, Rflags.ofRotateRight(result, bits, result >>> bits - 1 & 1));
            }
        }
    }

    /**
     * Rotates through CF: 9, 17, 33 or 65 bits; the masked count is taken modulo that. A count that is thereby a whole turn
     * still computes OF.
     */
    static final class Rcl extends Operation {
        Rcl() {
            super("rcl", Shifts.groupRows(2));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int masked = Shifts.count(core, instruction, instruction.operand1, bits);
            long value = Operands.readDestination(core, instruction, instruction.operand0);
            long carry = core.state.rflags & Rflags.CF;
            int count = masked % (bits + 1);
            long result = value;
            if (count != 0) {
                result = value << count | carry << count - 1 | value >>> bits - count >>> 1;
                carry = value >>> bits - count & 1;
            }
            Operands.write(core, instruction, instruction.operand0, result);
            if (masked != 0) {
                core.state.status(AFFECTED, Rflags.ofRotateLeft(result, bits, carry));
            }
        }
    }

    /** Rotates through CF as {@link Rcl} does. */
    static final class Rcr extends Operation {
        Rcr() {
            super("rcr", Shifts.groupRows(3));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int masked = Shifts.count(core, instruction, instruction.operand1, bits);
            long value = Operands.readDestination(core, instruction, instruction.operand0);
            long carry = core.state.rflags & Rflags.CF;
            int count = masked % (bits + 1);
            long result = value;
            if (count != 0) {
                result = value >>> count | carry << bits - count | value << bits - count << 1;
                carry = value >>> count - 1 & 1;
            }
            Operands.write(core, instruction, instruction.operand0, result);
            if (masked != 0) {
                core.state.status(AFFECTED, Rflags.ofRotateRight(result, bits, carry));
            }
        }
    }

    static final class Rorx extends Operation {
        Rorx() {
            super("rorx", row("VEX.L0.F2.0F3A F0 /r", "Gy,Ey,Ib"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long value = Operands.read(core, instruction, instruction.operand1);
            long result = rotateRight(value, (int) instruction.immediate, bits);
            Operands.write(core, instruction, instruction.operand0, result);
        }
    }
}
