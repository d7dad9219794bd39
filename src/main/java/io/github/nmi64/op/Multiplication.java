package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * MUL IMUL MULX (SDM vol. 2, by name). CF and OF tell whether the product needs its upper half; SF ZF AF PF, which the
 * manual leaves undefined, keep their values as on AMD Zen 3 (measured on signature 0xa00f11).
 */
final class Multiplication {
    private static final long AFFECTED = Rflags.CF | Rflags.OF;

    private Multiplication() {}

    static List<Operation> operations() {
        return List.of(new Mul(), new Imul(), new ImulTo(), new Mulx());
    }

    private static long signExtend(long value, int bits) {
        return value << -bits >> -bits;
    }

    /** Upper 64 bits of the unsigned product. */
    static long unsignedHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }

    /** Stores a double-width product in AX, or in rDX and rAX. */
    private static void writeProduct(Core core, int bits, long high, long low) {
        if (bits == 8) {
            Operands.writeRegister(core, Gpr.RAX, 16, low);
        } else {
            Operands.writeRegister(core, Gpr.RAX, bits, low);
            Operands.writeRegister(core, Gpr.RDX, bits, high);
        }
    }

    private static void overflow(Core core, boolean overflow) {
        core.state.status(AFFECTED, overflow ? AFFECTED : 0);
    }

    static final class Mul extends Operation {
        Mul() {
            super("mul", row("F6 /4", "Eb"), row("F7 /4", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long a = core.state.gpr[Gpr.RAX] & -1L >>> -bits;
            long b = Operands.read(core, instruction, instruction.operand0);
            long low = a * b;
            long high = bits == 64 ? unsignedHigh(a, b) : low >>> bits;
            writeProduct(core, bits, high, low);
            overflow(core, high != 0);
        }
    }

    /** The one-operand form. */
    static final class Imul extends Operation {
        Imul() {
            super("imul", row("F6 /5", "Eb"), row("F7 /5", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long a = signExtend(core.state.gpr[Gpr.RAX], bits);
            long b = signExtend(Operands.read(core, instruction, instruction.operand0), bits);
            long low = a * b;
            long high = bits == 64 ? Math.multiplyHigh(a, b) : low >> bits;
            writeProduct(core, bits, high, low);
            overflow(core, high != signExtend(low, bits) >> 63);
        }
    }

    /** The forms with a destination register: one factor is a register or memory, the other it or an immediate. */
    static final class ImulTo extends Operation {
        ImulTo() {
            super("imul", row("0F AF /r", "Gv,Ev"), row("69 /r", "Gv,Ev,Iz"), row("6B /r", "Gv,Ev,sIb"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int other = instruction.operand2 == Operand.NONE ? instruction.operand0 : instruction.operand2;
            long a = signExtend(Operands.read(core, instruction, instruction.operand1), bits);
            long b = signExtend(Operands.read(core, instruction, other), bits);
            long low = a * b;
            long high = bits == 64 ? Math.multiplyHigh(a, b) : low >> bits;
            Operands.write(core, instruction, instruction.operand0, low);
            overflow(core, high != signExtend(low, bits) >> 63);
        }
    }

    /** Multiplies RDX without touching flags; if both destinations are one register it receives the upper half. */
    static final class Mulx extends Operation {
        Mulx() {
            super("mulx", row("VEX.L0.F2.0F38 F6 /r", "Gy,By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long a = core.state.gpr[Gpr.RDX] & -1L >>> -bits;
            long b = Operands.read(core, instruction, instruction.operand2);
            long low = a * b;
            long high = bits == 64 ? unsignedHigh(a, b) : low >>> bits;
            Operands.write(core, instruction, instruction.operand1, low);
            Operands.write(core, instruction, instruction.operand0, high);
        }
    }
}
