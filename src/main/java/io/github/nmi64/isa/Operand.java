package io.github.nmi64.isa;

/**
 * One operand of a decoded instruction, packed into an {@code int} so that executing it needs no object: the kind in bits
 * 7:0, a register number in bits 15:8, the width in bits (0 for operands without one) in bits 31:16.
 */
public final class Operand {
    public static final int NONE = 0;
    /** A general-purpose register. */
    public static final int GPR = 1;
    /** AH, CH, DH or BH: bits 15:8 of register 0 to 3. */
    public static final int HIGH_BYTE = 2;
    /** The memory operand described by the instruction's address fields. */
    public static final int MEMORY = 3;
    /** The instruction's immediate, already sign- or zero-extended as the instruction wants it. */
    public static final int IMMEDIATE = 4;
    /** A segment register. */
    public static final int SEGMENT = 5;
    /** A control register. */
    public static final int CONTROL = 6;
    /** A debug register. */
    public static final int DEBUG = 7;
    /** A near branch target: the immediate is relative to the next instruction. */
    public static final int RELATIVE = 8;
    /** A far pointer in the instruction: offset in the immediate, selector in the second immediate. */
    public static final int FAR_POINTER = 9;
    /** The constant one of the short shift forms. */
    public static final int ONE = 10;
    /** Memory at DS:rSI of a string instruction (segment may be overridden). */
    public static final int STRING_SOURCE = 11;
    /** Memory at ES:rDI of a string instruction. */
    public static final int STRING_DESTINATION = 12;
    /** The port number in DX. */
    public static final int PORT_DX = 13;
    /** The second immediate (ENTER's nesting level). */
    public static final int IMMEDIATE2 = 14;

    private Operand() {}

    /** Packs an operand; {@code bits} is 0 to 128. */
    public static int of(int kind, int register, int bits) {
        return kind | register << 8 | bits << 16;
    }

    /** One of the kinds above. */
    public static int kind(int operand) {
        return operand & 0xff;
    }

    /** Register number, 0 to 15. */
    public static int register(int operand) {
        return operand >>> 8 & 0xff;
    }

    /** Width in bits. */
    public static int bits(int operand) {
        return operand >>> 16;
    }
}
