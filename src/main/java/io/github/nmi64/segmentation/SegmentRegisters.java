package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;

/**
 * Loads the segment registers that instructions may load with a selector: all but CS (SDM vol. 3, 5.4 and 5.7; vol. 2,
 * "MOV", operation of segment loads). Every check comes before the first change; an error code is the selector with its
 * RPL cleared.
 */
public final class SegmentRegisters {
    private static final int[] DATA_SEGMENTS = {Segment.ES, Segment.DS, Segment.FS, Segment.GS};

    /** The accessed bit of the cached type. */
    private static final int ACCESSED = 1;

    private SegmentRegisters() {}

    /**
     * Loads ES, SS, DS, FS or GS.
     *
     * @throws Fault #GP(0) for a forbidden null, #GP(selector) for a descriptor that does not fit, #NP(selector) or, for
     *     SS, #SS(selector) for one that is not present (TP-209)
     */
    public static void load(Core core, int segment, int selector) {
        if (segment == Segment.SS) {
            loadStack(core, selector);
        } else {
            loadData(core, segment, selector);
        }
    }

    private static void loadData(Core core, int segment, int selector) {
        if (DescriptorTables.isNull(selector)) {
            loadNull(core, segment, selector);
            return;
        }
        int errorCode = selector & 0xfffc;
        Descriptor descriptor = DescriptorTables.read(core, selector, 0);
        // It must be a data segment or readable code, else #GP(selector).
        if (!descriptor.isReadable()) {
            throw Fault.generalProtection(errorCode);
        }
        // Data and non-conforming code must not be more privileged than RPL and CPL, else #GP(selector).
        if (!descriptor.isConforming() && descriptor.dpl() < Math.max(core.state.cpl, selector & 3)) {
            throw Fault.generalProtection(errorCode);
        }
        // It must be present, else #NP(selector).
        if (!descriptor.isPresent()) {
            throw Fault.of(Vector.NP, errorCode);
        }
        set(core, segment, selector, descriptor);
    }

    private static void loadStack(Core core, int selector) {
        CpuState state = core.state;
        if (DescriptorTables.isNull(selector)) {
            // A null SS is legal in 64-bit mode at CPL 0 to 2 with RPL = CPL, else #GP(0) (TP-208).
            if (!state.is64() || state.cpl == 3 || (selector & 3) != state.cpl) {
                throw Fault.generalProtection(0);
            }
            DescriptorTables.loadNullStack(core, state.cpl);
            return;
        }
        set(core, Segment.SS, selector, stack(core, selector, state.cpl));
    }

    /**
     * Reads the descriptor of a stack segment for a privilege level and checks that it may be used there.
     *
     * @param selector not null
     * @throws Fault #GP(selector) or #SS(selector)
     */
    static Descriptor stack(Core core, int selector, int cpl) {
        int errorCode = selector & 0xfffc;
        Descriptor descriptor = DescriptorTables.read(core, selector, 0);
        // RPL = CPL, writable data, DPL = CPL, else #GP(selector).
        if ((selector & 3) != cpl || !descriptor.isWritable() || descriptor.dpl() != cpl) {
            throw Fault.generalProtection(errorCode);
        }
        // It must be present, else #SS(selector).
        if (!descriptor.isPresent()) {
            throw Fault.stack(errorCode);
        }
        return descriptor;
    }

    /** Marks a checked descriptor as accessed and puts it into a register. */
    static void set(Core core, int segment, int selector, Descriptor descriptor) {
        DescriptorTables.markAccessed(core, selector, descriptor);
        cache(core, segment, selector, descriptor);
    }

    /** Puts a checked descriptor into a register; cannot fault. */
    static void cache(Core core, int segment, int selector, Descriptor descriptor) {
        int rights = descriptor.rights() | ACCESSED;
        core.state.segments.load(segment, selector, descriptor.base(), descriptor.limit(), rights);
    }

    /** A null selector makes the register unusable; AMD keeps base and limit, Intel clears them (TP-193). */
    private static void loadNull(Core core, int segment, int selector) {
        SegmentState segments = core.state.segments;
        boolean keeps = core.rules.amd();
        long base = keeps ? segments.base[segment] : 0;
        long limit = keeps ? segments.limit[segment] : 0;
        segments.load(segment, selector, base, limit, SegmentState.UNUSABLE);
    }

    /**
     * On a return to an outer privilege level takes away every data segment that level may not use, or that is null already
     * (SDM vol. 2, "IRET", RETURN-TO-OUTER-PRIVILEGE-LEVEL; TP-158): "SegmentSelector := 0; (* Segment selector invalid *)".
     * Nothing is said of the base, and it stays, with either vendor: FS and GS are used through it in 64-bit mode,
     * whatever their selectors, and programs rely on it.
     *
     * @param cpl the new privilege level
     */
    static void withdrawPrivileged(Core core, int cpl) {
        SegmentState segments = core.state.segments;
        for (int segment : DATA_SEGMENTS) {
            boolean isNull = DescriptorTables.isNull(segments.selector[segment]);
            if (isNull || !conforming(segments.rights[segment]) && segments.dpl(segment) < cpl) {
                segments.selector[segment] = 0;
                segments.rights[segment] |= SegmentState.UNUSABLE;
            }
        }
    }

    private static boolean conforming(int rights) {
        return (rights & 0xc) == 0xc;
    }
}
