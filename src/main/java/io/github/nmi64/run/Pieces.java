package io.github.nmi64.run;

import java.util.Arrays;

/** Ranges of physical addresses, each within a page, kept ascending and free of overlaps. Reused. */
final class Pieces implements MappedRegion.Piece {
    private long[] starts = new long[16];
    private long[] ends = new long[16];
    private int count;

    void clear() {
        count = 0;
    }

    /** Adds one; what is there already counts once. */
    @Override
    public void accept(long from, long to) {
        if (from >= to) {
            return;
        }
        int first = 0;
        while (first < count && (ends[first] < from || starts[first] < from && !isOnePage(starts[first], from))) {
            first++;
        }
        long start = from;
        long end = to;
        int behind = first;
        while (behind < count && starts[behind] <= to && isOnePage(starts[behind], from)) {
            start = Math.min(start, starts[behind]);
            end = Math.max(end, ends[behind]);
            behind++;
        }
        replace(first, behind, start, end);
    }

    private static boolean isOnePage(long one, long other) {
        return one >>> 12 == other >>> 12;
    }

    private void replace(int first, int behind, long start, long end) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
        }
        System.arraycopy(starts, behind, starts, first + 1, count - behind);
        System.arraycopy(ends, behind, ends, first + 1, count - behind);
        starts[first] = start;
        ends[first] = end;
        count += 1 - (behind - first);
    }

    /** Hands all of them on, ascending. */
    void forEach(MappedRegion.Piece piece) {
        for (int i = 0; i < count; i++) {
            piece.accept(starts[i], ends[i]);
        }
    }
}
