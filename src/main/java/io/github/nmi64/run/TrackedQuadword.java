package io.github.nmi64.run;

/** A quadword of memory, known from the stores to it; zero at reset. */
final class TrackedQuadword {
    private final String name;
    private final long address;
    private long value;

    TrackedQuadword(String name, long address) {
        this.name = name;
        this.address = address;
    }

    String name() {
        return name;
    }

    long value() {
        return value;
    }

    /** Takes over the bytes of a store that fall into it. */
    void written(long at, int size, long stored) {
        for (int i = 0; i < size; i++) {
            long offset = at + i - address;
            if (offset >= 0 && offset < Long.BYTES) {
                int shift = 8 * (int) offset;
                value = value & ~(0xffL << shift) | (stored >>> 8 * i & 0xff) << shift;
            }
        }
    }
}
