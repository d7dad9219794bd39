package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import java.util.List;

/**
 * What has no architectural effect on a machine without caches, store buffers or shadow stacks: NOP and the hint space
 * 0F 18 to 0F 1F, prefetches, fences, cache line operations (SDM vol. 2, by name and appendix A).
 */
final class Nops {
    private Nops() {}

    static List<Operation> operations() {
        return List.of(
                new Nop("nop", nopRows()),
                new Nop("pause", Encoding.of("F3 noREX.B 90")),
                new Nop("endbr64", Encoding.of("F3 0F 1E FA")),
                new Nop("endbr32", Encoding.of("F3 0F 1E FB")),
                new Nop(
                        "rdssp",
                        Encoding.of("F3 0F 1E /1", "Ry")
                                .att("rdsspd|rdsspd|rdsspq")), // no shadow stacks: the register keeps its value
                new Nop("prefetchnta", Encoding.of("0F 18 /0", "M")),
                new Nop("prefetcht0", Encoding.of("0F 18 /1", "M")),
                new Nop("prefetcht1", Encoding.of("0F 18 /2", "M")),
                new Nop("prefetcht2", Encoding.of("0F 18 /3", "M")),
                new Nop("prefetchw", Encoding.of("0F 0D /1", "M")),
                new Nop("cldemote", Encoding.of("NP 0F 1C /0", "M")),
                new Nop("lfence", Encoding.of("NP reg 0F AE /5")),
                new Nop("mfence", Encoding.of("NP reg 0F AE /6")),
                new Nop("sfence", Encoding.of("NP reg 0F AE /7")),
                new Nop("serialize", Encoding.of("intel NP 0F 01 E8")),
                new CacheLine("clflush", Encoding.of("NP 0F AE /7", "Mb")),
                new CacheLine("clflushopt", Encoding.of("66 0F AE /7", "Mb")),
                new CacheLine("clwb", Encoding.of("66 0F AE /6", "Mb")));
    }

    private static Encoding[] nopRows() {
        return new Encoding[] {
            Encoding.of("noREX.B 90").att("xchg %ax,%ax|nop|nop"),
            Encoding.of("intel 0F 0D /r", "Ev"),
            Encoding.of("amd mem 0F 0D /r", "Ev"), // with a register it is undefined there
            Encoding.of("0F 18 /r", "Ev"),
            Encoding.of("0F 19 /r", "Ev"),
            Encoding.of("0F 1A /r", "Ev"),
            Encoding.of("0F 1B /r", "Ev"),
            Encoding.of("0F 1C /r", "Ev"),
            Encoding.of("0F 1D /r", "Ev"),
            Encoding.of("0F 1E /r", "Ev"),
            Encoding.of("0F 1F /r", "Ev"),
        };
    }

    /** Does nothing; a memory operand is not accessed. */
    static final class Nop extends Operation {
        Nop(String mnemonic, Encoding... encodings) {
            super(mnemonic, encodings);
        }

        @Override
        public void execute(Core core, Instruction instruction) {}
    }

    /** Faults, and hits breakpoints, as a load of the addressed byte does. */
    static final class CacheLine extends Operation {
        CacheLine(String mnemonic, Encoding encoding) {
            super(mnemonic, encoding.att(mnemonic));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.read(core, instruction, instruction.operand0);
        }
    }
}
