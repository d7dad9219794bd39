package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;

/** The stack pointers in the 64-bit TSS (SDM vol. 3, 7.7; TP-092 to TP-095). */
public final class TaskStacks {
    /** Where in the TSS the stack pointer of level 0 is. */
    public static final int RSP0 = 4;

    private static final int IST1 = 36;

    private TaskStacks() {}

    /**
     * Reads RSP0, RSP1 or RSP2.
     *
     * @param cpl the privilege level entered, 0 to 2
     * @param ext bit 0 of error codes
     * @throws Fault #TS(TR + ext) if the field lies beyond the TSS, #SS(ext) if the pointer is not canonical
     */
    public static long ofLevel(Core core, int cpl, int ext) {
        return read(core, RSP0 + 8 * cpl, ext);
    }

    /**
     * Reads an entry of the interrupt stack table.
     *
     * @param ist 1 to 7
     * @param ext bit 0 of error codes
     * @throws Fault as {@link #ofLevel}
     */
    public static long ofInterrupt(Core core, int ist, int ext) {
        return read(core, interruptOffset(ist), ext);
    }

    /** Where in the TSS an entry of the interrupt stack table is, {@code ist} from 1 to 7. */
    public static int interruptOffset(int ist) {
        return IST1 + 8 * (ist - 1);
    }

    private static long read(Core core, int offset, int ext) {
        // The field must lie within the TSS limit, else #TS(TR + EXT).
        if (offset + 7 > core.state.segments.limit[Segment.TR]) {
            throw Fault.of(Vector.TS, core.state.selector(Segment.TR) & 0xfffc | ext);
        }
        long top = core.memory.readSystem(core.state.segments.base[Segment.TR] + offset, 64);
        // The stack pointer must be canonical, else #SS(EXT) (TP-094).
        if (!LinearMemory.isCanonical(top)) {
            throw Fault.stack(ext);
        }
        return top;
    }
}
