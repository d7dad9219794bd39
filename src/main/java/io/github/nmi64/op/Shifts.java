package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;

/**
 * SHL SHR SAR SHLD SHRD SARX SHLX SHRX (SDM vol. 2, by name). A count of zero leaves the flags alone, but a 32-bit
 * register is still zero-extended and memory must be writable. Undefined flags are those of AMD Zen 3; see
 * {@link Rflags#ofShiftLeft}.
 */
final class Shifts {
    private Shifts() {}

    static List<Operation> operations() {
        return List.of(new Shl(), new Shr(), new Sar(), new Shld(), new Shrd(), new Sarx(), new Shlx(), new Shrx());
    }

    /** The encodings that shifts and rotations share, for each of the given numbers in ModRM.reg. */
    static Encoding[] groupRows(int... digits) {
        List<Encoding> rows = new ArrayList<>();
        for (int digit : digits) {
            rows.add(Encoding.of("C0 /" + digit, "Eb,Ib"));
            rows.add(Encoding.of("C1 /" + digit, "Ev,Ib"));
            rows.add(Encoding.of("D0 /" + digit, "Eb,1"));
            rows.add(Encoding.of("D1 /" + digit, "Ev,1"));
            rows.add(Encoding.of("D2 /" + digit, "Eb,CL"));
            rows.add(Encoding.of("D3 /" + digit, "Ev,CL"));
        }
        return rows.toArray(new Encoding[0]);
    }

    /** The count an operand gives: its low five bits, six for 64-bit operands. */
    static int count(Core core, Instruction instruction, int operand, int bits) {
        return (int) Operands.read(core, instruction, operand) & (bits == 64 ? 63 : 31);
    }

    private static long signExtend(long value, int bits) {
        return value << -bits >> -bits;
    }

    /** SAL is the same; /6 is an alias of /4 (TP-245). */
    static final class Shl extends Operation {
        Shl() {
            super("shl", groupRows(4, 6));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = count(core, instruction, instruction.operand1, bits);
            long value = Operands.readDestination(core, instruction, instruction.operand0);
            long result = value << count;
            Operands.write(core, instruction, instruction.operand0, result);
            if (count != 0) {
                long carry = count <= bits ? value >>> bits - count & 1 : 0;
                core.state.status(Rflags.ofShiftLeft(result, bits, carry));
            }
        }
    }

    static final class Shr extends Operation {
        Shr() {
            super("shr", groupRows(5));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = count(core, instruction, instruction.operand1, bits);
            long value = Operands.readDestination(core, instruction, instruction.operand0);
            long result = value >>> count;
            Operands.write(core, instruction, instruction.operand0, result);
            if (count != 0) {
                core.state.status(Rflags.ofShiftRight(result, bits, value >>> count - 1 & 1));
            }
        }
    }

    static final class Sar extends Operation {
        Sar() {
            super("sar", groupRows(7));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = count(core, instruction, instruction.operand1, bits);
            long value = signExtend(Operands.readDestination(core, instruction, instruction.operand0), bits);
            long result = value >> count;
            Operands.write(core, instruction, instruction.operand0, result);
            if (count != 0) {
                core.state.status(Rflags.ofShiftRight(result, bits, value >> count - 1 & 1));
            }
        }
    }

    /**
     * A 16-bit shift by more than 16 is undefined; on AMD Zen 3 the source then follows itself, as if the destination had
     * been shifted out and replaced by it, and CF is clear. From 16 on OF is CF: nothing is left of the old sign.
     */
    static final class Shld extends Operation {
        Shld() {
            super("shld", row("0F A4 /r", "Ev,Gv,Ib"), row("0F A5 /r", "Ev,Gv,CL"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = count(core, instruction, instruction.operand2, bits);
            long upper = Operands.readDestination(core, instruction, instruction.operand0);
            long lower = Operands.read(core, instruction, instruction.operand1);
            int within = count;
            if (count > bits) {
                upper = lower;
                within -= bits;
            }
            long result = within == 0 ? upper : upper << within | lower >>> bits - within;
            Operands.write(core, instruction, instruction.operand0, result);
            if (count >= bits) {
                long carry = count == bits ? upper & 1 : 0;
                core.state.status(Rflags.ofResult(result, bits) | Rflags.AF | carry | carry << 11);
            } else if (count != 0) {
                core.state.status(Rflags.ofShiftLeft(result, bits, upper >>> bits - count & 1));
            }
        }
    }

    /** Counts above 16 as for {@link Shld}, but OF compares the two upper bits of the result as ever. */
    static final class Shrd extends Operation {
        Shrd() {
            super("shrd", row("0F AC /r", "Ev,Gv,Ib"), row("0F AD /r", "Ev,Gv,CL"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            int count = count(core, instruction, instruction.operand2, bits);
            long lower = Operands.readDestination(core, instruction, instruction.operand0);
            long upper = Operands.read(core, instruction, instruction.operand1);
            boolean beyond = count > bits;
            if (beyond) {
                lower = upper;
                count -= bits;
            }
            long result = count == 0 ? lower : lower >>> count | upper << bits - count;
            Operands.write(core, instruction, instruction.operand0, result);
            if (count != 0) {
                long carry = beyond ? 0 : lower >>> count - 1 & 1;
                core.state.status(Rflags.ofShiftRight(result, bits, carry));
            }
        }
    }

    static final class Sarx extends Operation {
        Sarx() {
            super("sarx", row("VEX.L0.F3.0F38 F7 /r", "Gy,Ey,By"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long value = signExtend(Operands.read(core, instruction, instruction.operand1), bits);
            Operands.write(
                    core,
                    instruction,
                    instruction.operand0,
                    value >> count(core, instruction, instruction.operand2, bits));
        }
    }

    static final class Shlx extends Operation {
        Shlx() {
            super("shlx", row("VEX.L0.66.0F38 F7 /r", "Gy,Ey,By"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long value = Operands.read(core, instruction, instruction.operand1);
            Operands.write(
                    core,
                    instruction,
                    instruction.operand0,
                    value << count(core, instruction, instruction.operand2, bits));
        }
    }

    static final class Shrx extends Operation {
        Shrx() {
            super("shrx", row("VEX.L0.F2.0F38 F7 /r", "Gy,Ey,By"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long value = Operands.read(core, instruction, instruction.operand1);
            Operands.write(
                    core,
                    instruction,
                    instruction.operand0,
                    value >>> count(core, instruction, instruction.operand2, bits));
        }
    }
}
