package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import org.jspecify.annotations.Nullable;

/**
 * The model-specific registers, one constant each: number, how it is read, how it is written (SDM vol. 4, 2.1; vol. 2,
 * "WRMSR"). All others do not exist: #GP(0).
 */
enum Msr {
    IA32_TIME_STAMP_COUNTER(
            0x10, core -> core.timeStamp(), (core, value) -> core.state.tscOffset += value - core.timeStamp()),
    IA32_SYSENTER_CS(
            0x174, core -> core.state.sysenterCs, (core, value) -> core.state.sysenterCs = value & 0xffff_ffffL),
    IA32_SYSENTER_ESP(
            0x175, core -> core.state.sysenterEsp, (core, value) -> core.state.sysenterEsp = canonical(value)),
    IA32_SYSENTER_EIP(
            0x176, core -> core.state.sysenterEip, (core, value) -> core.state.sysenterEip = canonical(value)),
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

    private final int number;
    private final Reading reading;
    private final Writing writing;

    Msr(int number, Reading reading, Writing writing) {
        this.number = number;
        this.reading = reading;
        this.writing = writing;
    }

    private static final Msr[] ALL = values();

    /** The register with this number, or null. */
    private static @Nullable Msr numbered(int number) {
        for (Msr msr : ALL) {
            if (msr.number == number) {
                return msr;
            }
        }
        return null;
    }

    /** Reads the register with this number. */
    static long read(Core core, int number) {
        Msr msr = numbered(number);
        if (msr == null) {
            throw Fault.generalProtection(0);
        }
        return msr.reading.of(core);
    }

    /** Writes the register with this number. */
    static void write(Core core, int number, long value) {
        Msr msr = numbered(number);
        if (msr == null) {
            throw Fault.generalProtection(0);
        }
        msr.writing.to(core, value);
    }

    /** The value itself, which must be a canonical address, else #GP(0) (TP-195). */
    private static long canonical(long value) {
        if (!LinearMemory.isCanonical(value)) {
            throw Fault.generalProtection(0);
        }
        return value;
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
        core.memory.forget();
        core.modeChanged();
    }
}
