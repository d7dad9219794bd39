package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;

/** The GDT and the LDT in guest memory, read with implicit supervisor rights (TP-213). */
public final class DescriptorTables {
    /** Selector bit that chooses the LDT. */
    static final int TABLE_INDICATOR = 4;

    private DescriptorTables() {}

    /** True if the selector's index is 0 in the GDT, whatever its RPL. */
    public static boolean isNull(int selector) {
        return (selector & 0xfffc) == 0;
    }

    /** True if the whole descriptor lies within its table's limit. */
    public static boolean contains(Core core, int selector, int size) {
        CpuState state = core.state;
        long last = (selector & 0xfff8) + size - 1L;
        if ((selector & TABLE_INDICATOR) == 0) {
            return last <= state.gdtLimit;
        }
        return !isNull(state.selector(Segment.LDTR)) && last <= state.segments.limit[Segment.LDTR];
    }

    /** Linear address of a descriptor. */
    public static long address(Core core, int selector) {
        CpuState state = core.state;
        long base = (selector & TABLE_INDICATOR) == 0 ? state.gdtBase : state.segments.base[Segment.LDTR];
        return base + (selector & 0xfff8);
    }

    /**
     * Reads a descriptor.
     *
     * @param ext 1 if an external event or exception is being delivered, else 0 (TP-109)
     * @throws Fault #GP(selector + ext) if it lies outside its table
     */
    public static Descriptor read(Core core, int selector, int ext) {
        if (!contains(core, selector, 8)) {
            throw Fault.generalProtection(selector & 0xfffc | ext);
        }
        return new Descriptor(core.memory.readSystem(address(core, selector), 64));
    }

    /** Sets the accessed bit in memory unless it is set (TP-091). */
    public static void markAccessed(Core core, int selector, Descriptor descriptor) {
        if ((descriptor.raw() & Descriptor.ACCESSED) == 0) {
            core.memory.writeAccessed(address(core, selector), descriptor.raw() | Descriptor.ACCESSED);
        }
    }

    /**
     * Loads CS and the CPL that goes with it. The caller has made all checks and calls {@link Core#modeChanged} when its
     * other registers are in place.
     */
    public static void loadCode(Core core, int selector, Descriptor descriptor, int cpl) {
        int rights = descriptor.rights() | 1; // the cached type shows the segment as accessed
        core.state.segments.load(Segment.CS, selector & ~3 | cpl, descriptor.base(), descriptor.limit(), rights);
        core.state.cpl = cpl;
    }

    /** Loads SS with the null selector of a privilege level, as delivery does on a change of CPL (TP-103). */
    public static void loadNullStack(Core core, int cpl) {
        core.state.segments.load(Segment.SS, cpl, 0, 0, SegmentState.UNUSABLE | cpl << 5);
    }
}
