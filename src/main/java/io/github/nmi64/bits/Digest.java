package io.github.nmi64.bits;

/**
 * A running digest of 64-bit words, in the end of 96 bits, for telling states apart. Order matters; equal sequences of words give equal
 * digests on every machine.
 *
 * <p>Pairs of words are added to fixed pseudo-random keys and multiplied to 128 bits, and the products are summed: the NH
 * family of Black, Halevi, Krawczyk, Krovetz and Rogaway ("UMAC", 1999), in which two different inputs collide with a
 * probability of about 2<sup>-64</sup> over the choice of keys. So that the two halves fail independently, the upper sum also
 * takes the lower halves, each times an odd key of its own. Not a cryptographic hash.
 */
public final class Digest {
    /** The most words one digest takes. */
    public static final int CAPACITY = 256;

    private static final long HOME = 0xffff_ffffL;
    private static final long STRIPE = 0xfc00_0000_0000_0000L;
    private static final long[] KEYS = keys();

    private long low;
    private long high;
    private int used;

    private static long[] keys() {
        long[] keys = new long[CAPACITY];
        long seed = 0x6e6d_6936_3420_3634L;
        for (int i = 0; i < keys.length; i++) {
            seed += 0x9e37_79b9_7f4a_7c15L;
            keys[i] = mix(seed);
        }
        return keys;
    }

    /** Starts anew. */
    public void reset() {
        low = 0;
        high = 0;
        used = 0;
    }

    /** Goes on from where another one is. */
    public void copyFrom(Digest other) {
        low = other.low;
        high = other.high;
        used = other.used;
    }

    /** Adds two words. */
    public void add(long first, long second) {
        long x = first + KEYS[used];
        long y = second + KEYS[used + 1];
        long product = x * y;
        low += product;
        // The upper half of a product alone does not see small differences, so the lower half counts in both sums.
        high += Math.multiplyHigh(x, y) + product * (KEYS[used] | 1);
        used += 2;
    }

    /**
     * Low half of the digest of the words added so far followed by {@code last}. Its lower 32 bits are the same for every
     * {@code last}, as are the upper six of the high half: a table that takes places from them has digests that differ in
     * the last word alone side by side.
     */
    public long low(long last) {
        return common() & HOME | whole(last) << 32;
    }

    /** High half; its lower 32 bits are zero, so that the digest has 96 bits in all. */
    public long high(long last) {
        return common() & STRIPE | whole(last) & ~(STRIPE | HOME);
    }

    private long common() {
        return mix(low + Long.rotateLeft(high, 32));
    }

    private long whole(long last) {
        return mix(high ^ mix(last + KEYS[used]));
    }

    /** A bijection in which every input bit reaches every output bit: the finaliser of SplitMix64. */
    public static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }
}
