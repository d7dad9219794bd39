package io.github.nmi64.monitor;

import java.util.Arrays;

/**
 * Where a program and its own handlers that wait use the kernel's stacks: stack pointers at CPL 0, and the frames of those
 * who wait. Reused; not safe for use by several threads.
 */
public final class Occupied {
    private long[] stackPointers = new long[8];
    private long[] frames = new long[8];
    private int pointers;
    private int frameCount;

    void clear() {
        pointers = 0;
        frameCount = 0;
    }

    void stackPointer(long rsp) {
        if (pointers == stackPointers.length) {
            stackPointers = Arrays.copyOf(stackPointers, 2 * pointers);
        }
        stackPointers[pointers++] = rsp;
    }

    void frame(long address) {
        if (frameCount == frames.length) {
            frames = Arrays.copyOf(frames, 2 * frameCount);
        }
        frames[frameCount++] = address;
    }

    /** What {@link #lowest} says of a stack that nobody uses; no canonical address. */
    public static final long UNUSED = 1L << 62;

    /**
     * The lowest byte in use of a stack: its end if somebody is on it and has nothing there, {@link #UNUSED} if nobody is.
     *
     * @param byFrameOnly the stack is an IST stack, where only an event's frame tells that somebody is on it: a stack pointer
     *     may be anything in a gap before the kernel has loaded its own
     */
    public long lowest(long start, long end, boolean byFrameOnly) {
        boolean isUsed = !byFrameOnly;
        for (int i = 0; i < frameCount && !isUsed; i++) {
            isUsed = frames[i] - start >= 0 && frames[i] - end < 0;
        }
        long lowest = UNUSED;
        for (int i = 0; i < pointers && isUsed; i++) {
            long rsp = stackPointers[i];
            boolean isInside = rsp - start > 0 && rsp - end <= 0;
            lowest = isInside && (lowest == UNUSED || rsp - lowest < 0) ? rsp : lowest;
        }
        return lowest;
    }
}
