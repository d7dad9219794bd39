package io.github.nmi64.schedule;

/**
 * The generator splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014, with Stafford's
 * mix 13). Written out here because a schedule printed today must mean the same on every future JDK.
 */
final class SplitMix64 {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long state;

    SplitMix64(long seed) {
        this.state = seed;
    }

    /** The next 64 bits. */
    long next() {
        state += GOLDEN_GAMMA;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** A number from 0 up to but not including a positive bound; the bias is below bound / 2^64. */
    long below(long bound) {
        return Long.remainderUnsigned(next(), bound);
    }
}
