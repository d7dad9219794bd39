package io.github.nmi64.explore;

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
        for (int i = 0; i < words.length; i++) {
            if (words[i] == physicalAddress) {
                return false;
            }
        }
        return true;
    }

    /** Remembers that a word lives. */
    synchronized void add(long physicalAddress) {
        Set<Long> words = words();
        words.add(physicalAddress);
        sorted = words.stream().mapToLong(Long::longValue).toArray();
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
