package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * BSF BSR TZCNT LZCNT POPCNT BSWAP CRC32 (SDM vol. 2, by name). Flags the manual leaves undefined are those of AMD Zen 3
 * (measured on signature 0xa00f11).
 */
final class BitScans {
    private BitScans() {}

    static List<Operation> operations() {
        return List.of(new Bsf(), new Bsr(), new Tzcnt(), new Lzcnt(), new Popcnt(), new Bswap(), new Crc32());
    }

    /** With a zero source the destination stays as it is, upper half included (TP-225); flags other than ZF stay. */
    static final class Bsf extends Operation {
        Bsf() {
            super("bsf", row("0F BC /r", "Gv,Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            if (source != 0) {
                Operands.write(core, instruction, instruction.operand0, Long.numberOfTrailingZeros(source));
            }
            core.state.status(Rflags.ZF, source == 0 ? Rflags.ZF : 0);
        }
    }

    /** Zero source as for {@link Bsf}. */
    static final class Bsr extends Operation {
        Bsr() {
            super("bsr", row("0F BD /r", "Gv,Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            if (source != 0) {
                Operands.write(core, instruction, instruction.operand0, 63 - Long.numberOfLeadingZeros(source));
            }
            core.state.status(Rflags.ZF, source == 0 ? Rflags.ZF : 0);
        }
    }

    /** OF stays; SF AF PF become 0, and CF tells a zero source, ZF a zero result. */
    private static void countFlags(Core core, long source, long count) {
        long flags = (source == 0 ? Rflags.CF : 0) | (count == 0 ? Rflags.ZF : 0);
        core.state.status(Rflags.STATUS & ~Rflags.OF, flags);
    }

    static final class Tzcnt extends Operation {
        Tzcnt() {
            super("tzcnt", row("F3 0F BC /r", "Gv,Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            long count = Math.min(Long.numberOfTrailingZeros(source), Operand.bits(instruction.operand0));
            Operands.write(core, instruction, instruction.operand0, count);
            countFlags(core, source, count);
        }
    }

    static final class Lzcnt extends Operation {
        Lzcnt() {
            super("lzcnt", row("F3 0F BD /r", "Gv,Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            long count = Long.numberOfLeadingZeros(source) - 64 + Operand.bits(instruction.operand0);
            Operands.write(core, instruction, instruction.operand0, count);
            countFlags(core, source, count);
        }
    }

    static final class Popcnt extends Operation {
        Popcnt() {
            super("popcnt", row("F3 0F B8 /r", "Gv,Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            Operands.write(core, instruction, instruction.operand0, Long.bitCount(source));
            core.state.status(source == 0 ? Rflags.ZF : 0);
        }
    }

    /** The undefined 16-bit form clears the register's low word, as on AMD Zen 3. */
    static final class Bswap extends Operation {
        Bswap() {
            super("bswap", row("0F C8+r", "Zv"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long value = Operands.read(core, instruction, instruction.operand0);
            long swapped = bits == 16 ? 0 : Long.reverseBytes(value) >>> -bits;
            Operands.write(core, instruction, instruction.operand0, swapped);
        }
    }

    /** CRC-32C (polynomial 11EDC6F41h), least significant bit first, without the usual inversions. */
    static final class Crc32 extends Operation {
        private static final int[] TABLE = table();

        Crc32() {
            super(
                    "crc32",
                    row("F2 0F 38 F0 /r", "Gy,Eb").att("crc32&"),
                    row("F2 0F 38 F1 /r", "Gy,Ev").att("crc32&"));
        }

        private static int[] table() {
            int[] table = new int[256];
            for (int value = 0; value < table.length; value++) {
                int remainder = value;
                for (int bit = 0; bit < 8; bit++) {
                    remainder = remainder >>> 1 ^ -(remainder & 1) & 0x82f6_3b78;
                }
                table[value] = remainder;
            }
            return table;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int remainder = (int) Operands.read(core, instruction, instruction.operand0);
            long data = Operands.read(core, instruction, instruction.operand1);
            for (int shift = 0; shift < Operand.bits(instruction.operand1); shift += 8) {
                remainder = remainder >>> 8 ^ TABLE[(remainder ^ (int) (data >>> shift)) & 0xff];
            }
            Operands.write(core, instruction, instruction.operand0, remainder & 0xffff_ffffL);
        }
    }
}
