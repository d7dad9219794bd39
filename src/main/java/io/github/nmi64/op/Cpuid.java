package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.op.Feature.ResultRegister;
import io.github.nmi64.paging.PageWalker;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * CPUID (SDM vol. 2, "CPUID"; APM vol. 3, appendix E): a fixed identity that claims exactly what is implemented ({@link
 * Feature}). Vendor, family and model are those of a processor whose rules are followed, since software takes them for the
 * rules; the brand string tells what it really is. Leaves that do not exist are zero.
 */
final class Cpuid {
    /** 48 characters in leaves 80000002h to 80000004h. */
    static final String BRAND = "nmi64 cycle-level x86-64 emulator";

    /** Twelve characters, in EBX, EDX and ECX of leaf 0. */
    private static final String INTEL = "GenuineIntel";

    private static final String AMD = "AuthenticAMD";
    /** Family 6, model 6Ah: the first of Intel's for servers that has all that is reported but the latest three. */
    private static final int INTEL_SIGNATURE = 0x606a6;
    /** Family 19h, model 1, whose undefined flags are followed. */
    private static final int AMD_SIGNATURE = 0xa00f11;

    private static final int HIGHEST_BASIC = 7;
    private static final int HIGHEST_SUBLEAF = 1;
    private static final int EXTENDED = 0x8000_0000;
    private static final int HIGHEST_EXTENDED = 0x8000_0008;
    /** One logical processor; CLFLUSH lines of 64 bytes; APIC id 0. */
    private static final int PROCESSOR = 1 << 16 | 8 << 8;

    private static final int LINEAR_BITS = 48;
    /** Bits of leaf 1, EDX, that AMD repeats in leaf 80000001h. */
    private static final int REPEATED = 0x0183_f3ff;

    private static final int SYSCALL = 1 << 11;

    private Cpuid() {}

    static List<Operation> operations() {
        return List.of(new Identify());
    }

    static final class Identify extends Operation {
        Identify() {
            super("cpuid", row("0F A2"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long[] gpr = core.state.gpr;
            int leaf = (int) gpr[Gpr.RAX];
            int subleaf = (int) gpr[Gpr.RCX];
            for (ResultRegister output : ResultRegister.values()) {
                gpr[output.register] =
                        output(core.rules.vendor(), instruction.mode, leaf, subleaf, output) & 0xffff_ffffL;
            }
        }
    }

    /** One result register. Only leaf 7 has subleaves. */
    static int output(Vendor vendor, CodeMode mode, int leaf, int subleaf, ResultRegister output) {
        boolean amd = vendor == Vendor.AMD;
        int signature = amd ? AMD_SIGNATURE : INTEL_SIGNATURE;
        int features = Feature.bits(vendor, leaf, leaf == 7 ? subleaf : 0, output);
        return switch (leaf) {
            case 0 -> output == ResultRegister.EAX ? HIGHEST_BASIC : text(amd ? AMD : INTEL, vendorPart(output));
            case 1 -> output == ResultRegister.EAX ? signature : output == ResultRegister.EBX ? PROCESSOR : features;
            case 7 -> output == ResultRegister.EAX && subleaf == 0 ? HIGHEST_SUBLEAF : features;
            case EXTENDED -> output == ResultRegister.EAX ? HIGHEST_EXTENDED : 0;
            case EXTENDED + 1 -> extendedFeatures(vendor, mode, output, features, signature);
            case EXTENDED + 2, EXTENDED + 3, EXTENDED + 4 -> text(BRAND, (leaf - EXTENDED - 2) * 4 + output.ordinal());
            case EXTENDED + 8 -> output == ResultRegister.EAX ? LINEAR_BITS << 8 | PageWalker.PHYSICAL_BITS : features;
            default -> 0;
        };
    }

    /**
     * AMD has the signature and most of leaf 1 here again. Intel reports SYSCALL in 64-bit mode only, as it has it there only
     * (SDM vol. 2, "CPUID", table 3-8).
     */
    private static int extendedFeatures(
            Vendor vendor, CodeMode mode, ResultRegister output, int features, int signature) {
        if (vendor == Vendor.AMD) {
            return switch (output) {
                case EAX -> signature;
                case EDX -> features | Feature.bits(vendor, 1, 0, ResultRegister.EDX) & REPEATED;
                default -> features;
            };
        }
        return output == ResultRegister.EDX && !mode.is64() ? features & ~SYSCALL : features;
    }

    /** The vendor string runs through EBX, EDX, ECX. */
    private static int vendorPart(ResultRegister output) {
        return output == ResultRegister.EBX ? 0 : output == ResultRegister.EDX ? 1 : 2;
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
