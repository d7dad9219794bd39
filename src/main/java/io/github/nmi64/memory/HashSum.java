package io.github.nmi64.memory;

import java.util.function.LongPredicate;

/**
 * What ranges of physical memory contribute to its hash, to be taken out of it or compared alone. Ranges are exact to the
 * byte: of a quadword that lies in one only in part, the other bytes count as before.
 */
public final class HashSum {
    private long low;
    private long high;

    /** Starts anew. */
    public void clear() {
        low = 0;
        high = 0;
    }

    /** Low half of the sum. */
    public long low() {
        return low;
    }

    /** High half of the sum. */
    public long high() {
        return high;
    }

    /**
     * Adds the bytes from {@code from} up to {@code to}, within a page.
     *
     * @param isLeftOut asked with the addresses of quadwords; those it is true of are not added
     */
    public void add(PhysicalMemory memory, long from, long to, LongPredicate isLeftOut) {
        for (long word = from & -8; word < to; word += 8) {
            long value = memory.seen(word);
            if (value == 0 || isLeftOut.test(word)) {
                continue;
            }
            low += PhysicalMemory.hashLow(word, value);
            high += PhysicalMemory.hashHigh(word, value);
            if (word < from || word + 8 > to) {
                long rest = value & ~bytes(word, from, to);
                low -= PhysicalMemory.hashLow(word, rest);
                high -= PhysicalMemory.hashHigh(word, rest);
            }
        }
    }

    /** Mask of those bytes of a quadword that lie in [from, to). */
    private static long bytes(long word, long from, long to) {
        int first = (int) Math.max(from - word, 0);
        int behind = (int) Math.min(to - word, 8);
        return -1L << 8 * first & -1L >>> 8 * (8 - behind);
    }
}
