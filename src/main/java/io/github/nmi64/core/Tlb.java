package io.github.nmi64.core;

import io.github.nmi64.memory.Page;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembered translations: a direct-mapped table. A tag holds the linear page, the privilege the translation was checked for
 * and the generation of the table, so one comparison answers "same page, still allowed, not flushed". Each entry has four
 * tags:
 *
 * <ul>
 *   <li><em>read</em> and <em>write</em>: the page may be accessed without looking at anything else. Pages with marked bytes
 *       have neither, and pages whose stores need bookkeeping have no write tag;
 *   <li><em>walk</em> and <em>dirty</em>: the translation alone is good, for a read and for a write.
 * </ul>
 */
final class Tlb {
    static final int ENTRIES = 256;
    static final int SUPERVISOR = 0;
    static final int USER = 1;
    /** A privilege that no entry ever has: nothing hits. */
    static final int UNCACHED = 2;

    private static final int FETCH_ENTRIES = 32;
    /** Matches no address, no privilege. */
    private static final long NO_TAG = 3;

    private static final int GENERATIONS = 1 << 10;

    final long[] readTags = new long[ENTRIES];
    final long[] writeTags = new long[ENTRIES];
    private final long[] walkTags = new long[ENTRIES];
    private final long[] dirtyTags = new long[ENTRIES];
    private final long[] frames = new long[ENTRIES];
    final @Nullable Page[] pages = new Page[ENTRIES];
    private final long[] fetchTags = new long[FETCH_ENTRIES];
    private final long[] fetchFrames = new long[FETCH_ENTRIES];
    private int generation;

    /** The low bits of a tag. */
    int key(int privilege) {
        return generation << 2 | privilege;
    }

    static int slot(long address) {
        return (int) (address >>> 12) & ENTRIES - 1;
    }

    /** Nothing is remembered any more. */
    void flush() {
        generation = (generation + 1) % GENERATIONS;
        if (generation == 0) {
            Arrays.fill(readTags, NO_TAG);
            Arrays.fill(writeTags, NO_TAG);
            Arrays.fill(walkTags, NO_TAG);
            Arrays.fill(dirtyTags, NO_TAG);
            Arrays.fill(fetchTags, NO_TAG);
            generation = 1;
        }
    }

    /** The tags of translations that are good for a read or a write, by {@link #slot}. */
    long[] translationTags(boolean forWrite) {
        return forWrite ? dirtyTags : walkTags;
    }

    /** What a hit translates to: the page's physical address and, in the low bits, what the walk found. */
    long frame(long address) {
        return frames[slot(address)];
    }

    /**
     * Remembers a translation.
     *
     * @param written it was made for a write, so the dirty bit is set
     * @param mayStore stores to the page need no bookkeeping
     */
    void fill(long tag, long translation, Page page, boolean written, boolean mayStore) {
        int slot = slot(tag);
        pages[slot] = page;
        frames[slot] = translation;
        walkTags[slot] = tag;
        dirtyTags[slot] = written ? tag : NO_TAG;
        readTags[slot] = page.isMarked() ? NO_TAG : tag;
        writeTags[slot] = written && mayStore && !page.isMarked() ? tag : NO_TAG;
    }

    private static int fetchSlot(long tag) {
        return (int) (tag >>> 12) & FETCH_ENTRIES - 1;
    }

    /** True if a fetch translation is remembered. */
    boolean mayFetch(long tag) {
        return fetchTags[fetchSlot(tag)] == tag;
    }

    /** The physical page it translates to. */
    long fetchFrame(long tag) {
        return fetchFrames[fetchSlot(tag)];
    }

    /** Remembers a fetch translation. */
    void fillFetch(long tag, long frame) {
        fetchTags[fetchSlot(tag)] = tag;
        fetchFrames[fetchSlot(tag)] = frame;
    }
}
