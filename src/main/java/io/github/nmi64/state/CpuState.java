package io.github.nmi64.state;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;

/**
 * Everything an instruction can see or change besides memory and the clock. Plain data: {@link #copyFrom} is a snapshot.
 *
 * <p>Owned by one processor; not safe for use by several threads. Fields are public because the instruction families work
 * on them directly; whoever changes CS, CPL, a control register, RFLAGS.{TF,IF,RF,AC} or the event unit tells the core
 * afterwards, which keeps the derived facts of the run loop up to date.
 */
public final class CpuState {
    /** General-purpose registers in encoding order; element {@link Gpr#ZERO} is always zero. */
    public final long[] gpr = new long[Gpr.COUNT + 1];
    /** Address of the instruction in progress while it is fetched, of the next one once it executes. */
    public long rip;

    public long rflags = Rflags.FIXED;
    /** Current privilege level, 0 to 3. */
    public int cpl;
    /** Segment registers, LDTR and TR. */
    public final SegmentState segments = new SegmentState();

    public long gdtBase;
    public int gdtLimit;
    public long idtBase;
    public int idtLimit;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    /** Task priority, 0 to 15. */
    public long cr8;
    /** DR0 to DR3: linear breakpoint addresses. */
    public final long[] dr = new long[4];

    public long dr6 = Control.DR6_RESET;
    public long dr7 = Control.DR7_RESET;

    public long efer;
    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    /** IA32_TSC_AUX, read by RDTSCP and RDPID. */
    public long tscAux;
    /** Added to the clock to give the time-stamp counter. */
    public long tscOffset;
    /** IA32_PAT; the guest can read it back, and it has no other effect on a machine without caches. */
    public long pat = 0x0007_0406_0007_0406L;

    /** IA32_SPEC_CTRL; the guest can read it back, and it has no other effect on a machine that never speculates. */
    public long specCtrl;
    /** IA32_MCG_STATUS. */
    public long mcgStatus;

    /** What the processor is doing. */
    public Activity activity = Activity.ACTIVE;
    /** Pending events and what holds them back. */
    public final InterruptState interrupts = new InterruptState();

    /** Copies the complete state from another processor. */
    public void copyFrom(CpuState other) {
        System.arraycopy(other.gpr, 0, gpr, 0, gpr.length);
        rip = other.rip;
        rflags = other.rflags;
        cpl = other.cpl;
        segments.copyFrom(other.segments);
        gdtBase = other.gdtBase;
        gdtLimit = other.gdtLimit;
        idtBase = other.idtBase;
        idtLimit = other.idtLimit;
        cr0 = other.cr0;
        cr2 = other.cr2;
        cr3 = other.cr3;
        cr4 = other.cr4;
        cr8 = other.cr8;
        System.arraycopy(other.dr, 0, dr, 0, dr.length);
        dr6 = other.dr6;
        dr7 = other.dr7;
        copyModelSpecific(other);
        activity = other.activity;
        interrupts.copyFrom(other.interrupts);
    }

    private void copyModelSpecific(CpuState other) {
        efer = other.efer;
        star = other.star;
        lstar = other.lstar;
        cstar = other.cstar;
        fmask = other.fmask;
        kernelGsBase = other.kernelGsBase;
        sysenterCs = other.sysenterCs;
        sysenterEsp = other.sysenterEsp;
        sysenterEip = other.sysenterEip;
        tscAux = other.tscAux;
        tscOffset = other.tscOffset;
        pat = other.pat;
        specCtrl = other.specCtrl;
        mcgStatus = other.mcgStatus;
    }

    /**
     * Adds everything that decides what the processor will do to a digest, except the {@link SystemRegisters}, the event
     * unit, which stands for itself ({@link InterruptState#bits}), and time: {@code tscOffset}.
     */
    public void digest(Digest into) {
        for (int i = 0; i < Gpr.COUNT; i += 2) {
            into.add(gpr[i], gpr[i + 1]);
        }
        into.add(rip, rflags);
        into.add(gpr[Gpr.ZERO] << 8 | activity.ordinal() << 2 | cpl, cr2);
        into.add(interrupts.debugStatus ^ Digest.mix(interrupts.repeatedHigh), interrupts.repeatedLow);
    }

    /** Shorthand for a segment's selector. */
    public int selector(int segment) {
        return segments.selector[segment];
    }

    /** True if the flag (or any of several) is set. */
    public boolean flag(long bit) {
        return (rflags & bit) != 0;
    }

    /** I/O privilege level, 0 to 3. */
    public int iopl() {
        return (int) (rflags & Rflags.IOPL) >>> 12;
    }

    /** True if CS selects 64-bit mode. */
    public boolean is64() {
        return (segments.rights[Segment.CS] & SegmentState.LONG) != 0;
    }

    /** Replaces the status flags CF PF AF ZF SF OF. */
    public void status(long flags) {
        rflags = rflags & ~Rflags.STATUS | flags;
    }

    /** Replaces some of the status flags and leaves the others. */
    public void status(long affected, long flags) {
        rflags = rflags & ~affected | flags;
    }
}
