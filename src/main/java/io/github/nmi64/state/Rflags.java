package io.github.nmi64.state;

/**
 * Bits of RFLAGS (SDM vol. 1, 3.4.3) and the status flags of arithmetic, written once for all widths.
 *
 * <p>The formulas shift operands to the top of a {@code long}, so that carry and overflow of an 8-bit addition are those of
 * a 64-bit one. {@code bits} is the width, 8 to 64.
 */
public final class Rflags {
    public static final long CF = 1;
    /** Bit 1, always set. */
    public static final long FIXED = 1 << 1;

    public static final long PF = 1 << 2;
    public static final long AF = 1 << 4;
    public static final long ZF = 1 << 6;
    public static final long SF = 1 << 7;
    public static final long TF = 1 << 8;
    public static final long IF = 1 << 9;
    public static final long DF = 1 << 10;
    public static final long OF = 1 << 11;
    public static final long IOPL = 3 << 12;
    public static final long NT = 1 << 14;
    public static final long RF = 1 << 16;
    public static final long VM = 1 << 17;
    public static final long AC = 1 << 18;
    public static final long VIF = 1 << 19;
    public static final long VIP = 1 << 20;
    public static final long ID = 1 << 21;
    /** The six status flags. */
    public static final long STATUS = CF | PF | AF | ZF | SF | OF;
    /** Every bit that can be set by software. */
    public static final long WRITABLE = STATUS | TF | IF | DF | IOPL | NT | RF | AC | VIF | VIP | ID;

    private Rflags() {}

    /** ZF, SF and PF of a result of the given width. */
    public static long ofResult(long result, int bits) {
        long top = result << (64 - bits);
        return (top == 0 ? ZF : 0) | (top >>> 63) << 7 | parity(result);
    }

    /** PF: set if the low byte has an even number of ones. */
    public static long parity(long result) {
        return (~Long.bitCount(result & 0xff) & 1) << 2;
    }

    /** Status flags of {@code a + b + carry}; {@code result} is that sum (upper bits ignored). */
    public static long ofAdd(long a, long b, long result, int bits) {
        long carries = (a & b) | (a | b) & ~result;
        long sign = bits - 1;
        return ofResult(result, bits)
                | carries >>> sign & 1
                | (a ^ b ^ result) & AF
                | ((a ^ result) & (b ^ result)) >>> sign << 11 & OF;
    }

    /** Status flags of {@code a - b - borrow}; {@code result} is that difference. */
    public static long ofSubtract(long a, long b, long result, int bits) {
        long borrows = ~a & b | (~a | b) & result;
        long sign = bits - 1;
        return ofResult(result, bits)
                | borrows >>> sign & 1
                | (a ^ b ^ result) & AF
                | ((a ^ b) & (a ^ result)) >>> sign << 11 & OF;
    }

    /** Status flags of AND, OR, XOR and TEST: CF, OF and (as the processor we follow does) AF clear. */
    public static long ofLogic(long result, int bits) {
        return ofResult(result, bits);
    }

    /**
     * Status flags of a shift to the left by at least one; {@code carry} (0 or 1) is the last bit shifted out. OF compares
     * it with the new sign. Counts other than one leave OF undefined and all leave AF undefined; this is what AMD Zen 3
     * does for every count (measured on signature 0xa00f11), as for {@link #ofShiftRight}.
     */
    public static long ofShiftLeft(long result, int bits, long carry) {
        return ofResult(result, bits) | AF | ofRotateLeft(result, bits, carry);
    }

    /** Status flags of a shift to the right by at least one: OF is set if the two upper bits of the result differ. */
    public static long ofShiftRight(long result, int bits, long carry) {
        return ofResult(result, bits) | AF | ofRotateRight(result, bits, carry);
    }

    /** CF and OF of a rotation to the left; the other status flags stay. */
    public static long ofRotateLeft(long result, int bits, long carry) {
        return carry | (result >>> bits - 1 & 1 ^ carry) << 11;
    }

    /** CF and OF of a rotation to the right; the other status flags stay. */
    public static long ofRotateRight(long result, int bits, long carry) {
        return carry | ((result >>> bits - 1 ^ result >>> bits - 2) & 1) << 11;
    }
}
