package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.SegmentState;

/** Loads LDTR and TR from the 16-byte descriptors of long mode (SDM vol. 3, 7.2.3; vol. 2, "LLDT" and "LTR"; TP-207). */
public final class SystemSegments {
    private static final int LOCAL_TABLE = 2;
    private static final int AVAILABLE_TASK = 9;
    private static final int BUSY_TASK = 11;

    private SystemSegments() {}

    /**
     * Loads LDTR; a null selector leaves no local table.
     *
     * @throws Fault #GP(selector) or #NP(selector)
     */
    public static void loadLocalTable(Core core, int selector) {
        if (DescriptorTables.isNull(selector)) {
            core.state.segments.load(Segment.LDTR, selector, 0, 0, SegmentState.UNUSABLE);
            return;
        }
        Descriptor low = read(core, selector, LOCAL_TABLE);
        set(core, Segment.LDTR, selector, low, base(core, selector, low), LOCAL_TABLE);
    }

    /**
     * Loads TR and marks the descriptor busy.
     *
     * @throws Fault #GP(0) for a null selector, #GP(selector) or #NP(selector)
     */
    public static void loadTask(Core core, int selector) {
        if (DescriptorTables.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        Descriptor low = read(core, selector, AVAILABLE_TASK);
        long base = base(core, selector, low);
        core.memory.writeSystem(DescriptorTables.address(core, selector), 64, low.raw() | Descriptor.BUSY);
        set(core, Segment.TR, selector, low, base, BUSY_TASK);
    }

    private static void set(Core core, int segment, int selector, Descriptor low, long base, int type) {
        int rights = low.rights() & ~SegmentState.TYPE | type;
        core.state.segments.load(segment, selector, base, low.limit(), rights);
    }

    private static Descriptor read(Core core, int selector, int type) {
        int errorCode = selector & 0xfffc;
        // All 16 bytes must lie in the GDT, else #GP(selector).
        if ((selector & DescriptorTables.TABLE_INDICATOR) != 0 || !DescriptorTables.contains(core, selector, 16)) {
            throw Fault.generalProtection(errorCode);
        }
        Descriptor low = DescriptorTables.read(core, selector, 0);
        // It must be of the wanted type, else #GP(selector).
        if (low.isCodeOrData() || low.type() != type) {
            throw Fault.generalProtection(errorCode);
        }
        // It must be present, else #NP(selector).
        if (!low.isPresent()) {
            throw Fault.of(Vector.NP, errorCode);
        }
        return low;
    }

    /** The 64-bit base. The upper half's type bits must be zero and the base canonical, else #GP(selector). */
    private static long base(Core core, int selector, Descriptor low) {
        long high = core.memory.readSystem(DescriptorTables.address(core, selector) + 8, 64);
        long base = low.base() | high << 32;
        if ((high >>> 40 & 0x1f) != 0 || !LinearMemory.isCanonical(base)) {
            throw Fault.generalProtection(selector & 0xfffc);
        }
        return base;
    }
}
