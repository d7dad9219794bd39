package io.github.nmi64.explore;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The fingerprints of all states visited, each with the path that visited it first. Open addressing in stripes, so that
 * several threads rarely meet; 20 bytes a slot, at most three quarters of the slots in use.
 */
final class VisitedStates {
    /** {@link #claim}: nobody was here before. */
    static final int NEW = -1;
    /** {@link #claim}: nobody was here before, but the memory allowed is used up. */
    static final int FULL = -2;

    private static final int STRIPES = 64;
    private static final int SLOT_BYTES = 20;
    private static final int FIRST_CAPACITY = 1 << 8;

    private final Stripe[] stripes = new Stripe[STRIPES];
    private final AtomicLong bytes = new AtomicLong();
    private final long limit;

    private static final class Stripe {
        private long[] keys = new long[2 * FIRST_CAPACITY];
        private int[] owners = new int[FIRST_CAPACITY];
        private int size;

        /** The slot of a fingerprint or the free one where it belongs. */
        private int slot(long low, long high) {
            int mask = owners.length - 1;
            int slot = (int) low & mask;
            while (true) {
                long key = keys[2 * slot];
                long other = keys[2 * slot + 1];
                if (key == low && other == high || key == 0 && other == 0) {
                    return slot;
                }
                slot = slot + 1 & mask;
            }
        }

        private boolean isFree(int slot) {
            return keys[2 * slot] == 0 && keys[2 * slot + 1] == 0;
        }

        private void put(int slot, long low, long high, int owner) {
            keys[2 * slot] = low;
            keys[2 * slot + 1] = high;
            owners[slot] = owner;
            size++;
        }

        private void grow() {
            long[] oldKeys = keys;
            int[] oldOwners = owners;
            keys = new long[2 * oldKeys.length];
            owners = new int[2 * oldOwners.length];
            size = 0;
            for (int i = 0; i < oldOwners.length; i++) {
                long low = oldKeys[2 * i];
                long high = oldKeys[2 * i + 1];
                if (low != 0 || high != 0) {
                    put(slot(low, high), low, high, oldOwners[i]);
                }
            }
        }
    }

    /** @param limit bytes the table may take */
    VisitedStates(long limit) {
        this.limit = limit;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe();
        }
        bytes.set((long) STRIPES * FIRST_CAPACITY * SLOT_BYTES);
    }

    private Stripe stripe(long high) {
        return stripes[(int) (high >>> 58)];
    }

    /** Visits a state: {@link #NEW} if it is the first visit, else the path that came first, or {@link #FULL}. */
    int claim(long low, long high, int owner) {
        long key = low == 0 && high == 0 ? 1 : low;
        Stripe stripe = stripe(high);
        synchronized (stripe) {
            int slot = stripe.slot(key, high);
            if (!stripe.isFree(slot)) {
                return stripe.owners[slot];
            }
            if (stripe.size >= stripe.owners.length / 4 * 3) {
                long more = (long) stripe.owners.length * SLOT_BYTES;
                if (bytes.get() + more > limit) {
                    return FULL;
                }
                bytes.addAndGet(more);
                stripe.grow();
                slot = stripe.slot(key, high);
            }
            stripe.put(slot, key, high, owner);
            return NEW;
        }
    }

    /** True if the state has been visited. */
    boolean contains(long low, long high) {
        long key = low == 0 && high == 0 ? 1 : low;
        Stripe stripe = stripe(high);
        synchronized (stripe) {
            return !stripe.isFree(stripe.slot(key, high));
        }
    }

    /** Number of states. */
    long size() {
        long size = 0;
        for (Stripe stripe : stripes) {
            synchronized (stripe) {
                size += stripe.size;
            }
        }
        return size;
    }

    /** Bytes taken. */
    long bytes() {
        return bytes.get();
    }
}
