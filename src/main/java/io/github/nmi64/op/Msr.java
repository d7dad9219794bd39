package io.github.nmi64.op;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import org.jspecify.annotations.Nullable;

/**
 * The model-specific registers, one constant each: number, whose processors have it if not both vendors', how it is read, how
 * it is written (SDM vol. 4, 2.1; APM vol. 2, appendix A). Those of facilities that are not there end the run ({@link
 * AbsentRegisters}); all others do not exist: #GP(0).
 */
enum Msr {
    IA32_TIME_STAMP_COUNTER(
            0x10, core -> core.timeStamp(), (core, value) -> core.state.tscOffset += value - core.timeStamp()),
    /** Speculation control: what is asked for is remembered. There is no speculation to restrict. */
    IA32_SPEC_CTRL(0x48, core -> core.state.specCtrl, (core, value) -> core.state.specCtrl = within(value, 7)),
    IA32_PRED_CMD(0x49, Msr::notReadable, (core, value) -> within(value, 1)), // IBPB: there is no predictor
    IA32_ARCH_CAPABILITIES(0x10a, Vendor.INTEL, core -> Msr.NOT_AFFECTED, Msr::notWritable),
    IA32_FLUSH_CMD(0x10b, Vendor.INTEL, Msr::notReadable, (core, value) -> within(value, 1)), // there is no cache
    IA32_SYSENTER_CS(
            0x174, core -> core.state.sysenterCs, (core, value) -> core.state.sysenterCs = value & 0xffff_ffffL),
    IA32_SYSENTER_ESP(
            0x175, core -> core.state.sysenterEsp, (core, value) -> core.state.sysenterEsp = canonical(value)),
    IA32_SYSENTER_EIP(
            0x176, core -> core.state.sysenterEip, (core, value) -> core.state.sysenterEip = canonical(value)),
    /** No banks, hence nothing that describes an error: what arrives is a machine check, not its cause. */
    IA32_MCG_CAP(0x179, core -> 0, Msr::notWritable),
    IA32_MCG_STATUS(
            0x17a,
            Msr::readMachineCheckStatus,
            (core, value) ->
                    core.state.mcgStatus = within(value, Control.MCG_RIPV | Control.MCG_EIPV | Control.MCG_MCIP)),
    IA32_DEBUGCTL(0x1d9, core -> 0, Msr::writeDebugControl),
    IA32_PAT(0x277, core -> core.state.pat, (core, value) -> core.state.pat = memoryTypes(value)),
    IA32_EFER(0xc000_0080, core -> core.state.efer, Msr::writeEfer),
    IA32_STAR(0xc000_0081, core -> core.state.star, (core, value) -> core.state.star = value),
    IA32_LSTAR(0xc000_0082, core -> core.state.lstar, (core, value) -> core.state.lstar = canonical(value)),
    IA32_CSTAR(0xc000_0083, core -> core.state.cstar, (core, value) -> core.state.cstar = canonical(value)),
    IA32_FMASK(0xc000_0084, core -> core.state.fmask, (core, value) -> core.state.fmask = lowHalf(value)),
    IA32_FS_BASE(
            0xc000_0100,
            core -> core.state.segments.base[Segment.FS],
            (core, value) -> core.state.segments.base[Segment.FS] = canonical(value)),
    IA32_GS_BASE(
            0xc000_0101,
            core -> core.state.segments.base[Segment.GS],
            (core, value) -> core.state.segments.base[Segment.GS] = canonical(value)),
    IA32_KERNEL_GS_BASE(
            0xc000_0102, core -> core.state.kernelGsBase, (core, value) -> core.state.kernelGsBase = canonical(value)),
    IA32_TSC_AUX(0xc000_0103, core -> core.state.tscAux, (core, value) -> core.state.tscAux = lowHalf(value));

    /** How a register's value is found. */
    private interface Reading {
        long of(Core core);
    }

    /** How a register takes a value; raises #GP(0), with nothing changed, if it does not. */
    private interface Writing {
        void to(Core core, long value);
    }

    private static long readMachineCheckStatus(Core core) {
        core.statusRead = true;
        return core.state.mcgStatus;
    }

    /**
     * IA32_ARCH_CAPABILITIES: RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO,
     * PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO and RFDS_NO. Nothing here executes ahead of time.
     */
    private static final long NOT_AFFECTED = 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 13 | 1 << 14
            | 1 << 15 | 1 << 20 | 1 << 24 | 1 << 26 | 1 << 27;

    private final int number;
    private final @Nullable Vendor vendor;
    private final Reading reading;
    private final Writing writing;

    Msr(int number, Reading reading, Writing writing) {
        this(number, null, reading, writing);
    }

    /** A register of one vendor's processors. */
    Msr(int number, @Nullable Vendor vendor, Reading reading, Writing writing) {
        this.number = number;
        this.vendor = vendor;
        this.reading = reading;
        this.writing = writing;
    }

    private static final Msr[] ALL = values();

    /**
     * The register with this number.
     *
     * @throws Fault #GP(0) if there is none
     * @throws Unsupported if it belongs to a facility that is not implemented
     */
    private static Msr numbered(Core core, int number) {
        Vendor vendor = core.rules.vendor();
        for (Msr msr : ALL) {
            if (msr.number == number && (msr.vendor == null || msr.vendor == vendor)) {
                return msr;
            }
        }
        AbsentRegisters.refuse(vendor, number);
        throw Fault.generalProtection(0);
    }

    /** Reads the register with this number. */
    static long read(Core core, int number) {
        return numbered(core, number).reading.of(core);
    }

    /** Writes the register with this number. */
    static void write(Core core, int number, long value) {
        numbered(core, number).writing.to(core, value);
    }

    /** The value itself, which must be a canonical address, else #GP(0) (TP-195). */
    private static long canonical(long value) {
        if (!LinearMemory.isCanonical(value)) {
            throw Fault.generalProtection(0);
        }
        return value;
    }

    /** The value itself, all of whose other bits are reserved, else #GP(0). */
    private static long within(long value, long bits) {
        if ((value & ~bits) != 0) {
            throw Fault.generalProtection(0);
        }
        return value;
    }

    /** A command register has no value. */
    private static long notReadable(Core core) {
        throw Fault.generalProtection(0);
    }

    private static void notWritable(Core core, long value) {
        throw Fault.generalProtection(0);
    }

    /** Reserved bits give #GP(0); the others switch on what is not there (SDM vol. 3, 17.4.1; APM vol. 2, 13.1.1). */
    private static void writeDebugControl(Core core, long value) {
        long defined = core.rules.amd() ? 0x3f : 0xffc7;
        if (within(value, defined) != 0) {
            throw new Unsupported("branch stepping, tracing and recording (IA32_DEBUGCTL = " + Hex.of(value) + ")");
        }
    }

    /** The value itself, whose upper half is reserved, else #GP(0) (TP-196). */
    private static long lowHalf(long value) {
        if (value >>> 32 != 0) {
            throw Fault.generalProtection(0);
        }
        return value;
    }

    /** The value itself, eight memory types that exist, else #GP(0) (SDM vol. 3, 11.12.4). */
    private static long memoryTypes(long value) {
        for (int shift = 0; shift < 64; shift += 8) {
            int type = (int) (value >>> shift) & 0xff;
            if (type > 7 || type == 2 || type == 3) {
                throw Fault.generalProtection(0);
            }
        }
        return value;
    }

    /** Reserved bits and a change of LME while paging is on give #GP(0); LMA is not written (TP-197). */
    private static void writeEfer(Core core, long value) {
        CpuState state = core.state;
        long written = Control.EFER_SCE | Control.EFER_LME | Control.EFER_NXE;
        boolean togglesLongMode = ((value ^ state.efer) & Control.EFER_LME) != 0;
        boolean paging = (state.cr0 & Control.CR0_PG) != 0;
        if ((value & ~(written | Control.EFER_LMA)) != 0 || togglesLongMode && paging) {
            throw Fault.generalProtection(0);
        }
        state.efer = state.efer & ~written | value & written;
        core.memory.flush();
        core.modeChanged();
    }
}
