package io.github.nmi64.explore;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The fingerprints of all states visited, each with the path that visited it first. Open addressing in stripes, so that
 * several threads rarely meet; at most three quarters of the slots are in use.
 *
 * <p>A slot is two words: the low half of the fingerprint, and the upper 32 bits of its high half beside the number of the
 * path, so that one cache line answers both questions. Of the fingerprint 96 bits count: among a thousand million states two
 * are taken for one with a probability of about 10<sup>-11</sup>.
 */
final class VisitedStates {
    /** {@link #claim}: nobody was here before. */
    static final int NEW = -1;
    /** {@link #claim}: nobody was here before, but the memory allowed is used up. */
    static final int FULL = -2;

    private static final int STRIPES = 64;
    private static final int SLOT_BYTES = 16;
    private static final int FIRST_CAPACITY = 1 << 8;
    private static final long OWNER = 0xffff_ffffL;

    private final Stripe[] stripes = new Stripe[STRIPES];
    private final AtomicLong bytes = new AtomicLong();
    private final long limit;

    private static final class Stripe {
        /** Two words a slot; the second is never 0 once the slot is in use, and written last. */
        private volatile long[] words = new long[2 * FIRST_CAPACITY];

        private int size;

        /** Index of the fingerprint's words, or of the free ones where they belong. */
        private static int find(long[] words, long low, long high) {
            int mask = words.length - 2;
            int at = (int) low << 1 & mask;
            while (true) {
                long second = words[at + 1];
                if (second == 0 || words[at] == low && ((second ^ high) & ~OWNER) == 0) {
                    return at;
                }
                at = at + 2 & mask;
            }
        }

        private static void put(long[] words, int at, long low, long high, int owner) {
            words[at] = low;
            words[at + 1] = high & ~OWNER | owner + 1;
        }

        private void grow() {
            long[] before = words;
            long[] grown = new long[2 * before.length];
            for (int at = 0; at < before.length; at += 2) {
                if (before[at + 1] != 0) {
                    int to = find(grown, before[at], before[at + 1]);
                    grown[to] = before[at];
                    grown[to + 1] = before[at + 1];
                }
            }
            words = grown;
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

    /**
     * Visits a state: {@link #NEW} if it is the first visit, else the path that came first, or {@link #FULL}.
     *
     * @param owner number of the path, from 0 to 2<sup>31</sup>-2
     */
    int claim(long low, long high, int owner) {
        Stripe stripe = stripe(high);
        synchronized (stripe) {
            long[] words = stripe.words;
            int at = Stripe.find(words, low, high);
            if (words[at + 1] != 0) {
                return (int) (words[at + 1] & OWNER) - 1;
            }
            if (stripe.size >= words.length / 8 * 3) {
                long more = (long) words.length * Long.BYTES;
                if (bytes.get() + more > limit) {
                    return FULL;
                }
                bytes.addAndGet(more);
                stripe.grow();
                words = stripe.words;
                at = Stripe.find(words, low, high);
            }
            Stripe.put(words, at, low, high, owner);
            stripe.size++;
            return NEW;
        }
    }

    /**
     * True if the state has been visited. Looks without a lock, so a visit of this moment may be missed: then the state is
     * only looked at once more.
     */
    boolean contains(long low, long high) {
        long[] words = stripe(high).words;
        return words[Stripe.find(words, low, high) + 1] != 0;
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
