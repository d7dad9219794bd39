package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * BEXTR BLSI BLSMSK BLSR BZHI PDEP PEXT: the VEX-encoded bit manipulation of BMI1 and BMI2 (SDM vol. 2, by name). Flags
 * the manual leaves undefined are those of AMD Zen 3 (measured on signature 0xa00f11): PF is that of the result.
 */
final class BitFields {
    private BitFields() {}

    static List<Operation> operations() {
        return List.of(new Bextr(), new Blsi(), new Blsmsk(), new Blsr(), new Bzhi(), new Pdep(), new Pext());
    }

    private static void commit(Core core, Instruction instruction, long result, long carry) {
        Operands.write(core, instruction, instruction.operand0, result);
        core.state.status(Rflags.ofLogic(result, Operand.bits(instruction.operand0)) | carry);
    }

    /** The control operand has the start in bits 7:0 and the length in bits 15:8. Of the undefined flags AF is set. */
    static final class Bextr extends Operation {
        Bextr() {
            super("bextr", row("VEX.L0.NP.0F38 F7 /r", "Gy,Ey,By"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            int control = (int) Operands.read(core, instruction, instruction.operand2);
            int start = control & 0xff;
            int length = control >>> 8 & 0xff;
            long field = start < 64 ? source >>> start : 0;
            long result = length < 64 ? field & (1L << length) - 1 : field;
            Operands.write(core, instruction, instruction.operand0, result);
            long zero = result == 0 ? Rflags.ZF : 0;
            core.state.status(zero | Rflags.parity(result) | Rflags.AF);
        }
    }

    static final class Blsi extends Operation {
        Blsi() {
            super("blsi", row("VEX.L0.NP.0F38 F3 /3", "By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            commit(core, instruction, source & -source, source != 0 ? Rflags.CF : 0);
        }
    }

    static final class Blsmsk extends Operation {
        Blsmsk() {
            super("blsmsk", row("VEX.L0.NP.0F38 F3 /2", "By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            commit(core, instruction, source ^ source - 1, source == 0 ? Rflags.CF : 0);
        }
    }

    static final class Blsr extends Operation {
        Blsr() {
            super("blsr", row("VEX.L0.NP.0F38 F3 /1", "By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            commit(core, instruction, source & source - 1, source == 0 ? Rflags.CF : 0);
        }
    }

    static final class Bzhi extends Operation {
        Bzhi() {
            super("bzhi", row("VEX.L0.NP.0F38 F5 /r", "Gy,Ey,By"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long source = Operands.read(core, instruction, instruction.operand1);
            int kept = (int) Operands.read(core, instruction, instruction.operand2) & 0xff;
            boolean all = kept >= bits;
            commit(core, instruction, all ? source : source & (1L << kept) - 1, all ? Rflags.CF : 0);
        }
    }

    /** Spreads the low bits of the first source over the places the mask names. */
    static final class Pdep extends Operation {
        Pdep() {
            super("pdep", row("VEX.L0.F2.0F38 F5 /r", "Gy,By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            long result = 0;
            for (long places = Operands.read(core, instruction, instruction.operand2);
                    places != 0;
                    places &= places - 1) {
                result |= places & -places & -(source & 1);
                source >>>= 1;
            }
            Operands.write(core, instruction, instruction.operand0, result);
        }
    }

    /** Gathers the bits of the first source that the mask names. */
    static final class Pext extends Operation {
        Pext() {
            super("pext", row("VEX.L0.F3.0F38 F5 /r", "Gy,By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            long result = 0;
            int count = 0;
            for (long places = Operands.read(core, instruction, instruction.operand2);
                    places != 0;
                    places &= places - 1) {
                result |= (source >>> Long.numberOfTrailingZeros(places) & 1) << count++;
            }
            Operands.write(core, instruction, instruction.operand0, result);
        }
    }
}
