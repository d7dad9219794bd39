package io.github.nmi64.run;

import io.github.nmi64.fixture.Region;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.Page;
import java.util.OptionalLong;

/**
 * A region of linear addresses and the memory behind it: by the page tables in use or, where those do not map a page, by
 * those of reset. So a region is found in every address space, as long as a guest does not put its own memory in its place.
 */
final class MappedRegion {
    private static final long NOWHERE = -1;

    private final Machine machine;
    private final Region region;
    private final long[] atReset;

    /** What is done with a piece that lies within a page: physical addresses. */
    interface Piece {
        void accept(long from, long to);
    }

    /** A region of a machine that is at reset. */
    MappedRegion(Machine machine, Region region) {
        this.machine = machine;
        this.region = region;
        long first = region.start() >>> 12;
        long last = region.end() - 1 >>> 12;
        this.atReset = new long[(int) (last - first + 1)];
        for (int i = 0; i < atReset.length; i++) {
            OptionalLong physical = machine.translate(first + i << 12);
            atReset[i] = physical.isPresent() ? physical.getAsLong() & -Page.SIZE : NOWHERE;
        }
    }

    Region region() {
        return region;
    }

    /** Goes through the part of the region from its start up to {@code end}; pages that are nowhere are passed over. */
    void upTo(long end, Piece piece) {
        between(region.start(), end, piece);
    }

    /** Goes through the part of the region from {@code start} up to {@code end}. */
    void between(long start, long end, Piece piece) {
        for (long at = start; at - end < 0; ) {
            long pageEnd = (at | Page.SIZE - 1) + 1;
            long next = pageEnd - end < 0 ? pageEnd : end;
            long physical = physical(at);
            if (physical != NOWHERE) {
                piece.accept(physical, physical + (next - at));
            }
            at = next;
        }
    }

    private long physical(long linear) {
        OptionalLong now = machine.translate(linear);
        if (now.isPresent()) {
            return now.getAsLong();
        }
        long page = atReset[(int) ((linear >>> 12) - (region.start() >>> 12))];
        return page == NOWHERE ? NOWHERE : page | linear & Page.SIZE - 1;
    }
}
