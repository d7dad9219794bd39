package io.github.nmi64.op;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.Control;
import org.jspecify.annotations.Nullable;

/**
 * What the processor claims to have: one constant per CPUID bit, with the CR4 bits that come with it. The only list of
 * features; CPUID and the check of CR4 both read it (SDM vol. 2, "CPUID"; vol. 3, 2.5).
 *
 * <p>A feature may be one of one vendor's processors, or have its bit elsewhere there. Only complete features are listed. CRC32 executes, but SSE4.2, whose bit would announce it, is not there; neither is
 * anything of x87, MMX, SSE, AVX, XSAVE, the local APIC or MONITOR.
 */
enum Feature {
    DE(1, 0, ResultRegister.EDX, 2, Control.CR4_DE),
    PSE(1, 0, ResultRegister.EDX, 3, Control.CR4_PSE),
    TSC(1, 0, ResultRegister.EDX, 4, Control.CR4_TSD),
    MSR(1, 0, ResultRegister.EDX, 5),
    PAE(1, 0, ResultRegister.EDX, 6, Control.CR4_PAE),
    MCE(1, 0, ResultRegister.EDX, 7, Control.CR4_MCE),
    CX8(1, 0, ResultRegister.EDX, 8),
    SEP(1, 0, ResultRegister.EDX, 11),
    PGE(1, 0, ResultRegister.EDX, 13, Control.CR4_PGE),
    CMOV(1, 0, ResultRegister.EDX, 15),
    MCA(1, 0, ResultRegister.EDX, 14),
    PAT(1, 0, ResultRegister.EDX, 16),
    CLFLUSH(1, 0, ResultRegister.EDX, 19),

    CX16(1, 0, ResultRegister.ECX, 13),
    PCID(1, 0, ResultRegister.ECX, 17, Control.CR4_PCIDE),
    MOVBE(1, 0, ResultRegister.ECX, 22),
    POPCNT(1, 0, ResultRegister.ECX, 23),

    FSGSBASE(7, 0, ResultRegister.EBX, 0, Control.CR4_FSGSBASE),
    BMI1(7, 0, ResultRegister.EBX, 3),
    SMEP(7, 0, ResultRegister.EBX, 7, Control.CR4_SMEP),
    BMI2(7, 0, ResultRegister.EBX, 8),
    INVPCID(7, 0, ResultRegister.EBX, 10),
    ADX(7, 0, ResultRegister.EBX, 19),
    SMAP(7, 0, ResultRegister.EBX, 20, Control.CR4_SMAP),
    CLFLUSHOPT(7, 0, ResultRegister.EBX, 23),
    CLWB(7, 0, ResultRegister.EBX, 24),
    UMIP(7, 0, ResultRegister.ECX, 2, Control.CR4_UMIP),
    RDPID(7, 0, ResultRegister.ECX, 22),
    MD_CLEAR(Vendor.INTEL, 7, 0, ResultRegister.EDX, 10),
    SERIALIZE(Vendor.INTEL, 7, 0, ResultRegister.EDX, 14),
    IBRS_IBPB(Vendor.INTEL, 7, 0, ResultRegister.EDX, 26),
    STIBP(Vendor.INTEL, 7, 0, ResultRegister.EDX, 27),
    L1D_FLUSH(Vendor.INTEL, 7, 0, ResultRegister.EDX, 28),
    ARCH_CAPABILITIES(Vendor.INTEL, 7, 0, ResultRegister.EDX, 29),
    SSBD(Vendor.INTEL, 7, 0, ResultRegister.EDX, 31),
    WRMSRNS(Vendor.INTEL, 7, 1, ResultRegister.EAX, 19),

    LAHF(0x8000_0001, 0, ResultRegister.ECX, 0),
    ALT_MOV_CR8(Vendor.AMD, 0x8000_0001, 0, ResultRegister.ECX, 4),
    LZCNT(0x8000_0001, 0, ResultRegister.ECX, 5),
    PREFETCHW(0x8000_0001, 0, ResultRegister.ECX, 8),
    SYSCALL(0x8000_0001, 0, ResultRegister.EDX, 11),
    NX(0x8000_0001, 0, ResultRegister.EDX, 20),
    GIGABYTE_PAGES(0x8000_0001, 0, ResultRegister.EDX, 26),
    RDTSCP(0x8000_0001, 0, ResultRegister.EDX, 27),
    LONG_MODE(0x8000_0001, 0, ResultRegister.EDX, 29),

    AMD_IBPB(Vendor.AMD, 0x8000_0008, 0, ResultRegister.EBX, 12),
    AMD_IBRS(Vendor.AMD, 0x8000_0008, 0, ResultRegister.EBX, 14),
    AMD_STIBP(Vendor.AMD, 0x8000_0008, 0, ResultRegister.EBX, 15),
    AMD_SSBD(Vendor.AMD, 0x8000_0008, 0, ResultRegister.EBX, 24);

    /** A result register of CPUID. */
    enum ResultRegister {
        EAX(Gpr.RAX),
        EBX(Gpr.RBX),
        ECX(Gpr.RCX),
        EDX(Gpr.RDX);

        final int register;

        ResultRegister(int register) {
            this.register = register;
        }
    }

    /** Bits of CR4 that software may set. PCE has no CPUID bit: RDPMC exists, though without any counter. */
    static final long CR4_WRITABLE = writableControlBits();

    private final @Nullable Vendor vendor;
    final int leaf;
    final int subleaf;
    final ResultRegister output;
    final int bit;
    private final long control;

    Feature(int leaf, int subleaf, ResultRegister output, int bit) {
        this(null, leaf, subleaf, output, bit, 0);
    }

    Feature(int leaf, int subleaf, ResultRegister output, int bit, long control) {
        this(null, leaf, subleaf, output, bit, control);
    }

    Feature(Vendor vendor, int leaf, int subleaf, ResultRegister output, int bit) {
        this(vendor, leaf, subleaf, output, bit, 0);
    }

    Feature(@Nullable Vendor vendor, int leaf, int subleaf, ResultRegister output, int bit, long control) {
        this.vendor = vendor;
        this.leaf = leaf;
        this.subleaf = subleaf;
        this.output = output;
        this.bit = bit;
        this.control = control;
    }

    /** True if this vendor's processors report it. */
    boolean belongsTo(Vendor whose) {
        return vendor == null || vendor == whose;
    }

    /** All feature bits of one result register of one leaf. */
    static int bits(Vendor vendor, int leaf, int subleaf, ResultRegister output) {
        int bits = 0;
        for (Feature feature : values()) {
            if (feature.belongsTo(vendor)
                    && feature.leaf == leaf
                    && feature.subleaf == subleaf
                    && feature.output == output) {
                bits |= 1 << feature.bit;
            }
        }
        return bits;
    }

    private static long writableControlBits() {
        long bits = Control.CR4_PCE;
        for (Feature feature : values()) {
            bits |= feature.control;
        }
        return bits;
    }
}
