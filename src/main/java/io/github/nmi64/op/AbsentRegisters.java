package io.github.nmi64.op;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.isa.Vendor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Model-specific registers that processors have and kernels touch, in their entry code and their NMI handlers among other
 * places, whose facility is not part of this machine (SDM vol. 4, 2.1; APM vol. 2, appendix A). CPUID does not report the
 * facility, so a kernel that asks first never comes here; for one that knows its processor a #GP would be a fault no such
 * processor raises.
 */
final class AbsentRegisters {
    private AbsentRegisters() {}

    /** Consecutive registers of one facility, with one vendor or, if it is null, with both. */
    private record Range(int first, int last, @Nullable Vendor vendor, String facility) {
        boolean contains(Vendor whose, int number) {
            return (vendor == null || vendor == whose)
                    && Integer.compareUnsigned(number, first) >= 0
                    && Integer.compareUnsigned(number, last) <= 0;
        }
    }

    private static final String APIC = "the local APIC";
    private static final String CET = "control-flow enforcement";
    private static final String COUNTERS = "performance counters";
    private static final String FREQUENCY = "power management";
    private static final String LAST_BRANCHES = "last branch records";
    private static final String MICROCODE = "microcode updates";
    private static final String MODEL = "configuration of a processor model";
    private static final String MTRR = "memory type range registers";
    private static final String SAMPLING = "instruction-based sampling";
    private static final String SVM = "virtual machines (SVM)";
    private static final String VMX = "virtual machines (VMX)";

    private static final List<Range> RANGES = List.of(
            both(0x1b, 0x1b, APIC),
            intel(0x33, 0x33, "split-lock detection"),
            intel(0x3a, 0x3a, VMX),
            intel(0x3b, 0x3b, "adjustment of the time-stamp counter"),
            intel(0x79, 0x79, MICROCODE),
            both(0x8b, 0x8b, MICROCODE),
            intel(0xc1, 0xc8, COUNTERS),
            intel(0xcf, 0xcf, "split-lock detection"),
            both(0xe7, 0xe8, FREQUENCY),
            both(0xfe, 0xfe, MTRR),
            intel(0x122, 0x122, "transactional memory"),
            intel(0x186, 0x18d, COUNTERS),
            intel(0x198, 0x19d, FREQUENCY),
            intel(0x1a0, 0x1a0, MODEL),
            intel(0x1b0, 0x1b2, FREQUENCY),
            intel(0x1c8, 0x1c9, LAST_BRANCHES),
            intel(0x1cc, 0x1d4, "FRED"),
            both(0x1db, 0x1de, LAST_BRANCHES),
            both(0x200, 0x21f, MTRR),
            both(0x250, 0x26f, MTRR),
            both(0x2ff, 0x2ff, MTRR),
            intel(0x309, 0x30c, COUNTERS),
            intel(0x329, 0x329, COUNTERS),
            intel(0x345, 0x345, COUNTERS),
            intel(0x38d, 0x391, COUNTERS),
            intel(0x3f1, 0x3f2, COUNTERS),
            intel(0x480, 0x491, VMX),
            intel(0x4c1, 0x4c8, COUNTERS),
            intel(0x560, 0x58f, "processor trace"),
            intel(0x600, 0x600, COUNTERS),
            intel(0x680, 0x69f, LAST_BRANCHES),
            both(0x6a0, 0x6a8, CET),
            intel(0x6c0, 0x6df, LAST_BRANCHES),
            intel(0x6e0, 0x6e0, APIC),
            both(0x800, 0x8ff, APIC),
            intel(0xd90, 0xd90, "bound registers"),
            both(0xda0, 0xda0, "XSAVE of supervisor state"),
            intel(0xdc0, 0xddf, LAST_BRANCHES),
            intel(0x14ce, 0x14cf, LAST_BRANCHES),
            amd(0xc000_0104, 0xc000_0104, SVM),
            amd(0xc000_010e, 0xc000_010f, LAST_BRANCHES),
            amd(0xc000_0300, 0xc000_0303, COUNTERS),
            amd(0xc001_0000, 0xc001_0007, COUNTERS),
            amd(0xc001_0010, 0xc001_001f, MODEL),
            amd(0xc001_0020, 0xc001_0020, MICROCODE),
            amd(0xc001_0061, 0xc001_006b, FREQUENCY),
            amd(0xc001_0111, 0xc001_011e, SVM),
            amd(0xc001_011f, 0xc001_011f, MODEL),
            amd(0xc001_0130, 0xc001_0131, SVM),
            amd(0xc001_0140, 0xc001_0141, MODEL),
            amd(0xc001_0200, 0xc001_020b, COUNTERS),
            amd(0xc001_0300, 0xc001_031f, LAST_BRANCHES),
            amd(0xc001_1000, 0xc001_102f, MODEL),
            amd(0xc001_1030, 0xc001_103d, SAMPLING));

    private static Range both(int first, int last, String facility) {
        return new Range(first, last, null, facility);
    }

    private static Range intel(int first, int last, String facility) {
        return new Range(first, last, Vendor.INTEL, facility);
    }

    private static Range amd(int first, int last, String facility) {
        return new Range(first, last, Vendor.AMD, facility);
    }

    /** Returns if a vendor's processors do not have the register. */
    static void refuse(Vendor vendor, int number) {
        for (Range range : RANGES) {
            if (range.contains(vendor, number)) {
                throw new Unsupported(range.facility() + " (MSR " + Hex.of(number & 0xffff_ffffL) + ")");
            }
        }
    }
}
