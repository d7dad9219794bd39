package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.op.Feature.Output;
import io.github.nmi64.paging.PageWalker;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * CPUID (SDM vol. 2, "CPUID"): a fixed identity that claims exactly what is implemented ({@link Feature}). The vendor
 * string is our own, since the processor is neither Intel's nor AMD's whichever rules it follows. Leaves that do not exist
 * are zero.
 */
final class Cpuid {
    /** Twelve characters, in EBX, EDX and ECX of leaf 0. */
    static final String VENDOR = "nmi64 x86-64";

    /** 48 characters in leaves 80000002h to 80000004h. */
    static final String BRAND = "nmi64 cycle-level x86-64 emulator";

    private static final int HIGHEST_BASIC = 7;
    private static final int EXTENDED = 0x8000_0000;
    private static final int HIGHEST_EXTENDED = 0x8000_0008;
    /** Family 6, model 0, stepping 1. */
    private static final int SIGNATURE = 0x601;
    /** One logical processor; CLFLUSH lines of 64 bytes; APIC id 0. */
    private static final int PROCESSOR = 1 << 16 | 8 << 8;

    private static final int LINEAR_BITS = 48;

    private Cpuid() {}

    static List<Operation> operations() {
        return List.of(new Identify());
    }

    static final class Identify extends Operation {
        Identify() {
            super("cpuid", row("0F A2"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long[] gpr = core.state.gpr;
            int leaf = (int) gpr[Gpr.RAX];
            int subleaf = (int) gpr[Gpr.RCX];
            gpr[Gpr.RAX] = output(leaf, subleaf, Output.EAX) & 0xffff_ffffL;
            gpr[Gpr.RBX] = output(leaf, subleaf, Output.EBX) & 0xffff_ffffL;
            gpr[Gpr.RCX] = output(leaf, subleaf, Output.ECX) & 0xffff_ffffL;
            gpr[Gpr.RDX] = output(leaf, subleaf, Output.EDX) & 0xffff_ffffL;
        }
    }

    /** One result register. Only leaf 7 has subleaves. */
    static int output(int leaf, int subleaf, Output output) {
        int features = Feature.bits(leaf, leaf == 7 ? subleaf : 0, output);
        return features
                | switch (leaf) {
                    case 0 -> output == Output.EAX ? HIGHEST_BASIC : text(VENDOR, vendorPart(output));
                    case 1 -> output == Output.EAX ? SIGNATURE : output == Output.EBX ? PROCESSOR : 0;
                    case EXTENDED -> output == Output.EAX ? HIGHEST_EXTENDED : 0;
                    case EXTENDED + 2, EXTENDED + 3, EXTENDED + 4 ->
                        text(BRAND, (leaf - EXTENDED - 2) * 4 + output.ordinal());
                    case EXTENDED + 8 -> output == Output.EAX ? LINEAR_BITS << 8 | PageWalker.PHYSICAL_BITS : 0;
                    default -> 0;
                };
    }

    /** The vendor string runs through EBX, EDX, ECX. */
    private static int vendorPart(Output output) {
        return output == Output.EBX ? 0 : output == Output.EDX ? 1 : 2;
    }

    /** Four characters, little-endian, zero beyond the end. */
    private static int text(String string, int part) {
        byte[] bytes = string.getBytes(StandardCharsets.US_ASCII);
        int value = 0;
        for (int i = 3; i >= 0; i--) {
            int at = part * 4 + i;
            value = value << 8 | (at < bytes.length ? bytes[at] : 0);
        }
        return value;
    }
}
