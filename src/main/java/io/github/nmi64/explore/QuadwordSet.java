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
        long[] words = sorted;
        return words.length > 0 && Arrays.binarySearch(words, physicalAddress) >= 0;
    }

    /** Adds some. */
    synchronized void add(Collection<Long> physicalAddresses) {
        Set<Long> words = words();
        if (words.addAll(physicalAddresses)) {
            sorted = words.stream().mapToLong(Long::longValue).toArray();
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
    Set<Long> words() {
        Set<Long> words = new TreeSet<>();
        for (long word : sorted) {
            words.add(word);
        }
        return words;
    }

    /** Writes them. */
    void write(DataOutput out) throws IOException {
        long[] words = sorted;
        out.writeInt(words.length);
        for (long word : words) {
            out.writeLong(word);
        }
    }

    /** Those that {@link #write} wrote. */
    static QuadwordSet read(DataInput in) throws IOException {
        QuadwordSet read = new QuadwordSet();
        List<Long> words = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            words.add(in.readLong());
        }
        read.add(words);
        return read;
    }
}
