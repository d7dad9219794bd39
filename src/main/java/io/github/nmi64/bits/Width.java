package io.github.nmi64.bits;

/**
 * The width of an operand or of a memory access. Values of every width travel in a {@code long}; bits above the width
 * are whatever the producer left there until {@link #truncate} or {@link #signExtend} settles them.
 */
public enum Width {
    BYTE(8),
    WORD(16),
    DWORD(32),
    QWORD(64);

    private final int bits;
    private final long mask;
    private final long signBit;

    Width(int bits) {
        this.bits = bits;
        this.mask = -1L >>> (64 - bits);
        this.signBit = 1L << (bits - 1);
    }

    /** The number of bits: 8, 16, 32 or 64. */
    public int bits() {
        return bits;
    }

    /** The number of bytes: 1, 2, 4 or 8. */
    public int bytes() {
        return bits >>> 3;
    }

    /** All bits of this width set, the others clear. */
    public long mask() {
        return mask;
    }

    /** The most significant bit of this width. */
    public long signBit() {
        return signBit;
    }

    /** The distance that moves the sign bit of this width to bit 63: {@code 64 - bits()}, from 0 to 56. */
    public int shiftToTop() {
        return 64 - bits;
    }

    /** The value with all bits above this width cleared. */
    public long truncate(long value) {
        return value & mask;
    }

    /** The value with the sign bit of this width copied to all bits above it. */
    public long signExtend(long value) {
        int distance = 64 - bits;
        return value << distance >> distance;
    }
}
