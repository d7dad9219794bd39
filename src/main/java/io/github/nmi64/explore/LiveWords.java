package io.github.nmi64.explore;

import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * Quadwords (physical addresses) that were taken for dead and then read. They never die again. Safe for use by several
 * threads.
 */
final class LiveWords {
    private volatile long[] sorted = {};

    /** False if the word has been seen to live. */
    boolean mayDie(long physicalAddress) {
        long[] words = sorted;
        return words.length == 0 || Arrays.binarySearch(words, physicalAddress) < 0;
    }

    /** Remembers that words live. */
    synchronized void add(Collection<Long> physicalAddresses) {
        Set<Long> words = words();
        if (words.addAll(physicalAddresses)) {
            sorted = words.stream().mapToLong(Long::longValue).toArray();
        }
    }

    /** All of them, ascending. */
    Set<Long> words() {
        Set<Long> words = new TreeSet<>();
        for (long word : sorted) {
            words.add(word);
        }
        return words;
    }
}
