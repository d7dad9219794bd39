package io.github.nmi64.explore;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.StampedLock;
import java.util.function.LongSupplier;

/**
 * The fingerprints of all states visited, each with the path that visited it first. Open addressing in stripes that grow one
 * at a time; little more than five eighths of the slots are ever in use.
 *
 * <p>A slot is two words: the low half of the fingerprint, and the upper 32 bits of its high half beside the number of the
 * path, so that one cache line answers both questions. Of the fingerprint 96 bits count: among a thousand million states two
 * are taken for one with a probability of about 10<sup>-11</sup>.
 *
 * <p>A slot is taken by compare-and-exchange of its first word; who loses waits for the winner's second word. Nothing else is
 * written by several threads: a lock is shared for a whole batch of visits, and each {@link Visitor} counts for itself.
 */
final class VisitedStates {
    /** {@link Visitor#claim}: nobody was here before. */
    static final int NEW = -1;
    /** {@link Visitor#claim}: nobody was here before, but the memory allowed is used up. */
    static final int FULL = -2;

    private static final int STRIPES = 64;
    private static final int STRIPE_SHIFT = Long.SIZE - 6;
    private static final int SLOT_BYTES = 16;
    private static final int FIRST_CAPACITY = 1 << 8;
    private static final long OWNER = 0xffff_ffffL;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final Stripe[] stripes = new Stripe[STRIPES];
    private final AtomicLong bytes = new AtomicLong();
    /** Shared by those who visit; had alone by the one who makes a stripe larger. */
    private final StampedLock growth = new StampedLock();

    private final LongSupplier limit;
    private final int visitors;

    private static final class Stripe {
        /** Two words a slot, the first 0 while the slot is free. */
        private volatile long[] words = new long[2 * FIRST_CAPACITY];

        /** Slots in use, but for those that visitors have not counted yet. */
        private final AtomicInteger size = new AtomicInteger();

        int capacity() {
            return words.length / 2;
        }

        boolean isFull() {
            return size.get() >= capacity() / 8 * 5;
        }

        void grow() {
            long[] before = words;
            long[] grown = new long[2 * before.length];
            for (int at = 0; at < before.length; at += 2) {
                if (before[at] != 0) {
                    put(grown, before[at], before[at + 1]);
                }
            }
            words = grown;
        }

        private static void put(long[] into, long first, long second) {
            int at = home(into, first);
            while (into[at] != 0) {
                at = at + 2 & into.length - 2;
            }
            into[at] = first;
            into[at + 1] = second;
        }

        void write(DataOutput out) throws IOException {
            out.writeInt(capacity());
            out.writeInt(size.get());
            for (int at = 0; at < words.length; at += 2) {
                if (words[at] != 0) {
                    out.writeLong(words[at]);
                    out.writeLong(words[at + 1]);
                }
            }
        }

        void read(DataInput in) throws IOException {
            words = new long[2 * in.readInt()];
            size.set(in.readInt());
            for (int left = size.get(); left > 0; left--) {
                put(words, in.readLong(), in.readLong());
            }
        }
    }

    /**
     * @param limit bytes the table may take, asked whenever it grows
     * @param visitors most threads that will visit, from 1
     */
    VisitedStates(LongSupplier limit, int visitors) {
        this.limit = limit;
        this.visitors = visitors;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe();
        }
        bytes.set((long) STRIPES * FIRST_CAPACITY * SLOT_BYTES);
    }

    /** The low half as it is kept: 0 is what a free slot holds. */
    private static long first(long low) {
        return low == 0 ? 1 : low;
    }

    /** Index of the slot where a fingerprint belongs; if another is there, the next. */
    private static int home(long[] words, long first) {
        return (int) first << 1 & words.length - 2;
    }

    /** One thread's access. */
    final class Visitor {
        private final int[] uncounted = new int[STRIPES];
        private long stamp;
        /** Written so that the compiler may not leave out the reads of {@link #prefetch}. */
        @SuppressWarnings("UnusedVariable")
        private long blackhole;

        /** Begins a batch of visits. */
        void enter() {
            stamp = growth.readLock();
        }

        /** Ends a batch of visits. */
        void leave() {
            growth.unlockRead(stamp);
        }

        /**
         * Visits a state: {@link #NEW} if it is the first visit, else the path that came first, or {@link #FULL}. Only
         * between {@link #enter} and {@link #leave}.
         *
         * @param owner number of the path, from 0 to 2<sup>31</sup>-2
         */
        int claim(long low, long high, int owner) {
            int index = (int) (high >>> STRIPE_SHIFT);
            Stripe stripe = stripes[index];
            long first = first(low);
            long[] words = stripe.words;
            int at = home(words, first);
            while (true) {
                long found = (long) WORD.getAcquire(words, at);
                if (found == 0) {
                    if (stripe.isFull()) {
                        return grow(stripe) ? claim(low, high, owner) : FULL;
                    }
                    found = (long) WORD.compareAndExchange(words, at, 0L, first);
                    if (found == 0) {
                        WORD.setRelease(words, at + 1, high & ~OWNER | owner + 1);
                        count(index);
                        return NEW;
                    }
                }
                if (found == first) {
                    long second = second(words, at);
                    if (((second ^ high) & ~OWNER) == 0) {
                        return (int) (second & OWNER) - 1;
                    }
                }
                at = at + 2 & words.length - 2;
            }
        }

        /** The second word of a slot that has been taken this moment or before. */
        private static long second(long[] words, int at) {
            long second = (long) WORD.getAcquire(words, at + 1);
            while (second == 0) {
                Thread.onSpinWait();
                second = (long) WORD.getAcquire(words, at + 1);
            }
            return second;
        }

        /** Counts now and then, so that all visitors together keep back no more than a 32nd of the slots. */
        private void count(int index) {
            if (++uncounted[index] * 32L * visitors >= stripes[index].capacity()) {
                count(index, uncounted[index]);
            }
        }

        private void count(int index, int number) {
            stripes[index].size.addAndGet(number);
            uncounted[index] = 0;
        }

        /** Counts all this visitor has visited. */
        void count() {
            for (int i = 0; i < STRIPES; i++) {
                count(i, uncounted[i]);
            }
        }

        private boolean grow(Stripe stripe) {
            leave();
            stamp = growth.writeLock();
            try {
                if (!stripe.isFull()) {
                    return true; // another visitor was faster
                }
                long more = (long) stripe.capacity() * SLOT_BYTES;
                if (bytes.get() + more > limit.getAsLong()) {
                    return false;
                }
                bytes.addAndGet(more);
                stripe.grow();
                return true;
            } finally {
                stamp = growth.tryConvertToReadLock(stamp);
            }
        }

        /**
         * True if the state has been visited. Looks without a lock, so a visit of this moment may be missed: then the state
         * is only looked at once more.
         */
        boolean contains(long low, long high) {
            long[] words = stripes[(int) (high >>> STRIPE_SHIFT)].words;
            long first = first(low);
            int at = home(words, first);
            while (true) {
                long found = (long) WORD.getAcquire(words, at);
                if (found == 0) {
                    return false;
                }
                if (found == first && (((long) WORD.getAcquire(words, at + 1) ^ high) & ~OWNER) == 0) {
                    return true;
                }
                at = at + 2 & words.length - 2;
            }
        }

        /** The path that visited the state first, or {@link #NEW}; while nobody visits. */
        int owner(long low, long high) {
            long[] words = stripes[(int) (high >>> STRIPE_SHIFT)].words;
            long first = first(low);
            for (int at = home(words, first); words[at] != 0; at = at + 2 & words.length - 2) {
                if (words[at] == first && ((words[at + 1] ^ high) & ~OWNER) == 0) {
                    return (int) (words[at + 1] & OWNER) - 1;
                }
            }
            return NEW;
        }

        /**
         * Reads the slots where fingerprints belong, so that they are in the cache when they are asked for. The table is far
         * larger than any cache, and reads that do not depend on each other wait for memory together.
         *
         * @param prints low and high halves
         * @param starts where in {@code prints} each of the fingerprints begins
         * @param count number of fingerprints
         */
        void prefetch(long[] prints, int[] starts, int count) {
            long sum = 0;
            for (int i = 0; i < count; i++) {
                long[] slots = stripes[(int) (prints[starts[i] + 1] >>> STRIPE_SHIFT)].words;
                sum += slots[home(slots, prints[starts[i]])];
            }
            blackhole = sum;
        }
    }

    /** Writes all states, while nobody visits and all are counted. */
    void write(DataOutput out) throws IOException {
        for (Stripe stripe : stripes) {
            stripe.write(out);
        }
    }

    /** Takes in what {@link #write} wrote, in place of what there is. */
    void read(DataInput in) throws IOException {
        long taken = 0;
        for (Stripe stripe : stripes) {
            stripe.read(in);
            taken += (long) stripe.capacity() * SLOT_BYTES;
        }
        bytes.set(taken);
    }

    /** Number of states that have been counted. */
    long size() {
        long size = 0;
        for (Stripe stripe : stripes) {
            size += stripe.size.get();
        }
        return size;
    }

    /** Bytes taken. */
    long bytes() {
        return bytes.get();
    }
}
