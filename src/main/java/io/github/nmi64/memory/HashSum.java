package io.github.nmi64.memory;

import java.util.function.LongPredicate;

/**
 * What ranges of physical memory contribute to its hash, to be taken out of it or compared alone. Ranges are exact to the
 * byte: of a quadword that lies in one only in part, the other bytes count as before.
 */
public final class HashSum {
    private long low;
    private long high;
    /** The quadword that lies in the ranges so far only in part, and the bytes that do; -1 for none. */
    private long partial = -1;

    private long bytes;

    /** Starts anew. */
    public void clear() {
        low = 0;
        high = 0;
        partial = -1;
    }

    /** Call after the last range. */
    public void settle(PhysicalMemory memory) {
        if (partial >= 0) {
            long value = memory.seen(partial);
            long rest = value & ~bytes;
            low += MemoryHash.mixLow(partial, value) - MemoryHash.mixLow(partial, rest);
            high += MemoryHash.mixHigh(partial, value) - MemoryHash.mixHigh(partial, rest);
            partial = -1;
        }
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
     * Adds the bytes from {@code from} up to {@code to}, within a page, behind those that were added before.
     *
     * @param isLeftOut asked with the addresses of quadwords; those it is true of are not added
     */
    public void add(PhysicalMemory memory, long from, long to, LongPredicate isLeftOut) {
        for (long quadword = from & -8; quadword < to; quadword += 8) {
            long value = memory.seen(quadword);
            if (value == 0 || isLeftOut.test(quadword)) {
                continue;
            }
            if (quadword < from || quadword + 8 > to) {
                addPart(memory, quadword, bytes(quadword, from, to));
            } else {
                low += MemoryHash.mixLow(quadword, value);
                high += MemoryHash.mixHigh(quadword, value);
            }
        }
    }

    private void addPart(PhysicalMemory memory, long quadword, long part) {
        if (quadword != partial) {
            settle(memory);
            partial = quadword;
            bytes = 0;
        }
        bytes |= part;
    }

    /** Mask of those bytes of a quadword that lie in [from, to). */
    private static long bytes(long quadword, long from, long to) {
        int first = (int) Math.max(from - quadword, 0);
        int behind = (int) Math.min(to - quadword, 8);
        return -1L << 8 * first & -1L >>> 8 * (8 - behind);
    }
}
