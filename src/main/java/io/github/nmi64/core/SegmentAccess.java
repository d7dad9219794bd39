package io.github.nmi64.core;

import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.SegmentState;

/** Segmentation of data accesses in compatibility mode: usable, type, limit, base (SDM vol. 3, 5.3 and 5.4). */
public final class SegmentAccess {
    private static final int CODE = 8;
    private static final int EXPAND_DOWN = 4;
    private static final int WRITABLE_OR_READABLE = 2;

    private SegmentAccess() {}

    /**
     * Linear address of {@code size} bytes at an offset of a segment.
     *
     * @throws Fault #SS(0) for SS, #GP(0) for the others
     */
    public static long linear(Core core, int segment, long offset, int size, boolean write) {
        SegmentState segments = core.state.segments;
        int rights = segments.rights[segment];
        boolean code = (rights & CODE) != 0;
        boolean permitted = (rights & SegmentState.UNUSABLE) == 0
                && (write
                        ? !code && (rights & WRITABLE_OR_READABLE) != 0
                        : !code || (rights & WRITABLE_OR_READABLE) != 0);
        if (!permitted || !withinLimit(segments, segment, offset, size)) {
            throw segment == Segment.SS ? Fault.stack(0) : Fault.generalProtection(0);
        }
        return offset + segments.base[segment] & 0xffff_ffffL;
    }

    private static boolean withinLimit(SegmentState segments, int segment, long offset, int size) {
        int rights = segments.rights[segment];
        long last = offset + Math.max(size, 1) - 1;
        if ((rights & (CODE | EXPAND_DOWN)) == EXPAND_DOWN) {
            long top = (rights & SegmentState.BIG) != 0 ? 0xffff_ffffL : 0xffffL;
            return offset > segments.limit[segment] && last <= top;
        }
        return last <= segments.limit[segment];
    }
}
