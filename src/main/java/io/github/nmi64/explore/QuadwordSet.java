package io.github.nmi64.explore;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Quadwords of memory, by physical address. It only grows. Safe for use by several threads. */
final class QuadwordSet {
    private volatile long[] sorted = {};

    /** True if the quadword is none of them. */
    boolean lacks(long physicalAddress) {
        return !contains(physicalAddress);
    }

    /** True if it is one of them. */
    boolean contains(long physicalAddress) {
        long[] quadwords = sorted;
        return quadwords.length > 0 && Arrays.binarySearch(quadwords, physicalAddress) >= 0;
    }

    /** Adds some. */
    synchronized void add(Collection<Long> physicalAddresses) {
        Set<Long> quadwords = quadwords();
        if (quadwords.addAll(physicalAddresses)) {
            sorted = quadwords.stream().mapToLong(Long::longValue).toArray();
        }
    }

    /** Adds one. */
    void add(long physicalAddress) {
        add(List.of(physicalAddress));
    }

    /** All of them, ascending; not to be changed. */
    long[] sorted() {
        return sorted;
    }

    /** All of them, ascending. */
    Set<Long> quadwords() {
        Set<Long> quadwords = new TreeSet<>();
        for (long quadword : sorted) {
            quadwords.add(quadword);
        }
        return quadwords;
    }

    /** Writes them. */
    void write(DataOutput out) throws IOException {
        long[] quadwords = sorted;
        out.writeInt(quadwords.length);
        for (long quadword : quadwords) {
            out.writeLong(quadword);
        }
    }

    /** Those that {@link #write} wrote. */
    static QuadwordSet read(DataInput in) throws IOException {
        QuadwordSet read = new QuadwordSet();
        List<Long> quadwords = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            quadwords.add(in.readLong());
        }
        read.add(quadwords);
        return read;
    }
}
