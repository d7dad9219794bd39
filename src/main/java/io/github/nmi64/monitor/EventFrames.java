package io.github.nmi64.monitor;

import io.github.nmi64.bits.Digest;
import java.util.Arrays;

/**
 * Where the frames of the events lie that interrupted the contexts on the list, level by level, and what has become of them:
 * whether a later event's frame was pushed over one, and which of its quadwords changed while its handler was interrupted. Plain
 * data, a part of an explored state's identity.
 */
final class EventFrames {
    /** RIP, CS, RFLAGS, RSP, SS. */
    static final int WORDS = 5;

    /** Bytes of those quadwords. */
    static final int SIZE = 8 * WORDS;

    /** For so many one digest has room beside that of the levels below: four quadwords each, and two for each of a frame. */
    private static final int LEVELS_AT_ONCE = (Digest.CAPACITY - 4) / (4 + 2 * WORDS);

    private int count;
    private long[] frames = {};
    /** The lowest byte the processor pushed: an error code's, if there is one. */
    private long[] lows = {};

    private boolean[] overwritten = {};
    /** The quadwords are known as they were when the handler was interrupted. */
    private boolean[] kept = {};

    private long[] quadwords = {};
    /** Bits of the quadwords that were found changed when the handler went on. */
    private int[] changed = {};

    /** Who overwrote or changed it, and when; only to be told. */
    private int[] culprits = {};

    private int[] stacks = {};
    private long[] steps = {};

    private boolean isDigested;
    private long low;
    private long high;
    private final Digest digest = new Digest();

    private void ensure(int levels) {
        if (levels > frames.length) {
            frames = Arrays.copyOf(frames, levels);
            lows = Arrays.copyOf(lows, levels);
            overwritten = Arrays.copyOf(overwritten, levels);
            kept = Arrays.copyOf(kept, levels);
            quadwords = Arrays.copyOf(quadwords, levels * WORDS);
            changed = Arrays.copyOf(changed, levels);
            culprits = Arrays.copyOf(culprits, levels);
            stacks = Arrays.copyOf(stacks, levels);
            steps = Arrays.copyOf(steps, levels);
        }
    }

    void copyFrom(EventFrames other) {
        count = other.count;
        ensure(count);
        move(other, 0, 0, count);
        isDigested = other.isDigested;
        low = other.low;
        high = other.high;
    }

    private void move(EventFrames from, int first, int to, int levels) {
        System.arraycopy(from.frames, first, frames, to, levels);
        System.arraycopy(from.lows, first, lows, to, levels);
        System.arraycopy(from.overwritten, first, overwritten, to, levels);
        System.arraycopy(from.kept, first, kept, to, levels);
        System.arraycopy(from.quadwords, first * WORDS, quadwords, to * WORDS, levels * WORDS);
        System.arraycopy(from.changed, first, changed, to, levels);
        System.arraycopy(from.culprits, first, culprits, to, levels);
        System.arraycopy(from.stacks, first, stacks, to, levels);
        System.arraycopy(from.steps, first, steps, to, levels);
    }

    /** Adds what matters for the future to a digest: nothing at all while nothing is known but where frames lie. */
    void digest(Digest into, int depth) {
        cut(depth);
        if (!isDigested) {
            isDigested = true;
            digest.reset();
            for (int level = 0; level < count; level++) {
                if (level % LEVELS_AT_ONCE == 0 && level > 0) {
                    low = digest.low(0);
                    high = digest.high(0);
                    digest.reset();
                    digest.add(low, high);
                }
                addLevel(level);
            }
            low = digest.low(0);
            high = digest.high(0);
        }
        into.add(low, high);
    }

    private void addLevel(int level) {
        digest.add(frames[level], lows[level]);
        digest.add((long) changed[level] << 2 | (overwritten[level] ? 2 : 0) | (kept[level] ? 1 : 0), level);
        for (int i = 0; kept[level] && i < WORDS; i++) {
            digest.add(quadwords[level * WORDS + i], i);
        }
    }

    /** The contexts from this level on are off the list. */
    void cut(int depth) {
        if (count > depth) {
            count = depth;
            isDigested = false;
        }
    }

    /** The context at this level is forgotten, those above it move down. */
    void forget(int level) {
        if (level < count) {
            count--;
            move(this, level + 1, level, count - level);
            isDigested = false;
        }
    }

    /** A context was put on the list at this level. */
    void push(int level, long frame, long lowest) {
        ensure(Math.max(level + 1, Math.min(Nesting.DEEPEST, 2 * level + 2)));
        count = level + 1;
        frames[level] = frame;
        lows[level] = lowest;
        overwritten[level] = false;
        kept[level] = false;
        changed[level] = 0;
        isDigested = false;
    }

    /** Address of the frame of the event that interrupted the context at a level. */
    long frame(int level) {
        return frames[level];
    }

    /** The lowest address the processor pushed to for that event. */
    long lowest(int level) {
        return lows[level];
    }

    /** The innermost level whose frame is at this address, or -1. */
    int innermostAt(long frame) {
        int level = count - 1;
        while (level >= 0 && frames[level] != frame) {
            level--;
        }
        return level;
    }

    /** A later event's frame was pushed over the one at this level. */
    void overwrite(int level, int vector, int ist, long step) {
        overwritten[level] = true;
        kept[level] = false;
        changed[level] = 0;
        blame(level, vector, ist, step);
        isDigested = false;
    }

    private void blame(int level, int vector, int ist, long step) {
        culprits[level] = vector;
        stacks[level] = ist;
        steps[level] = step;
    }

    boolean isOverwritten(int level) {
        return overwritten[level];
    }

    /** The handler at this level is interrupted while its frame has these quadwords. */
    void keep(int level, long[] now) {
        System.arraycopy(now, 0, quadwords, level * WORDS, WORDS);
        kept[level] = true;
        changed[level] = 0;
        isDigested = false;
    }

    boolean isKept(int level) {
        return kept[level];
    }

    /** A quadword as it was when the handler was interrupted. */
    long quadword(int level, int index) {
        return quadwords[level * WORDS + index];
    }

    /** The handler at this level goes on, after an event through {@code vector}, and its frame has these quadwords. */
    void compare(int level, long[] now, int vector, long step) {
        int mask = 0;
        for (int i = 0; i < WORDS; i++) {
            mask |= now[i] == quadword(level, i) ? 0 : 1 << i;
        }
        changed[level] = mask;
        kept[level] = mask != 0;
        if (mask != 0) {
            blame(level, vector, 0, step);
        }
        isDigested = false;
    }

    /** Bits of the quadwords that changed while the handler at this level was interrupted. */
    int changed(int level) {
        return changed[level];
    }

    /** Nothing more is to be said of the frame at this level. */
    void settle(int level) {
        overwritten[level] = false;
        kept[level] = false;
        changed[level] = 0;
        isDigested = false;
    }

    /** The vector of the event that overwrote the frame, or during which it changed. */
    int culprit(int level) {
        return culprits[level];
    }

    /** The IST index that event used, 0 if none. */
    int culpritStack(int level) {
        return stacks[level];
    }

    /** When that event was delivered. */
    long culpritStep(int level) {
        return steps[level];
    }
}
