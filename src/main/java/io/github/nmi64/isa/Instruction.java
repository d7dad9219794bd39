package io.github.nmi64.isa;

/**
 * One decoded instruction: everything its bytes say, nothing about where it lies. Immutable and free of state, so it may
 * be shared between machines and threads.
 *
 * <p>The fields are public and primitive because every executed instruction reads them; they are written once.
 */
public final class Instruction {
    /** {@link #addressForm}: 64-bit address, no segment base, not RIP-relative: base + index * scale + displacement. */
    public static final int FLAT = 0;
    /** {@link #addressForm}: like {@link #FLAT}, relative to the next instruction's address. */
    public static final int RIP_RELATIVE = 1;
    /** {@link #addressForm}: anything else: FS or GS base, 32- or 16-bit address, or compatibility mode. */
    public static final int GENERAL = 2;

    /** LOCK prefix present. */
    public static final int LOCK = 1;
    /** F3 prefix present (REP, REPE) and not overridden by a later F2. */
    public static final int REP = 2;
    /** F2 prefix present (REPNE) and not overridden by a later F3. */
    public static final int REPNE = 4;
    /** 66 prefix present. */
    public static final int OPERAND_SIZE = 8;
    /** 67 prefix present. */
    public static final int ADDRESS_SIZE = 16;
    /** A REX prefix that took effect. */
    public static final int REX = 32;
    /** REX.W or VEX.W set. */
    public static final int WIDE = 64;
    /** The encoding uses a VEX prefix. */
    public static final int VEX = 128;

    /** What it does. */
    public final Opcode opcode;
    /** The row of the opcode map it was decoded by. */
    public final Encoding encoding;
    /** Operands in the manual's order (destination first), packed as {@link Operand} says. */
    public final int operand0;

    public final int operand1;
    public final int operand2;
    /** Effective operand size in bits: 16, 32 or 64 (8 where every operand is a byte). */
    public final int operandBits;
    /** Effective address size in bits: 16, 32 or 64. */
    public final int addressBits;
    /** Address arithmetic: one of {@link #FLAT}, {@link #RIP_RELATIVE}, {@link #GENERAL}. */
    public final int addressForm;
    /** Base register, or {@link Gpr#ZERO}. */
    public final int base;
    /** Index register, or {@link Gpr#ZERO}. */
    public final int index;
    /** Left shift of the index, 0 to 3. */
    public final int scale;
    /** Sign-extended displacement, or the 64-bit offset of a moffs operand. */
    public final long displacement;
    /** True if the displacement counts from the next instruction. */
    public final boolean ripRelative;
    /** Segment of the memory operand after defaults and overrides; decides between #SS and #GP as well (TP-220). */
    public final int segment;
    /** Explicit segment override prefix in effect, or -1. */
    public final int segmentOverride;
    /** First immediate. */
    public final long immediate;
    /** Second immediate: ENTER's level, a far pointer's selector. */
    public final int immediate2;
    /** Prefix bits: {@link #LOCK} and following. */
    public final int prefixes;
    /** Mode it was decoded for. */
    public final CodeMode mode;
    /** Length in bytes, 1 to 15. */
    public final int length;
    /** Its bytes as a number, little-endian: the first eight. */
    public final long low;
    /** The others, zero where there are none. */
    public final long high;

    private final byte[] bytes;

    Instruction(Decoder decoded) {
        this.opcode = decoded.row.opcode();
        this.encoding = decoded.row.encoding();
        this.operand0 = decoded.operands[0];
        this.operand1 = decoded.operands[1];
        this.operand2 = decoded.operands[2];
        this.operandBits = decoded.operandBits;
        this.addressBits = decoded.addressBits;
        this.addressForm = decoded.addressForm();
        this.base = decoded.base;
        this.index = decoded.index;
        this.scale = decoded.scale;
        this.displacement = decoded.displacement;
        this.ripRelative = decoded.ripRelative();
        this.segment = decoded.effectiveSegment();
        this.segmentOverride = decoded.segmentOverride;
        this.immediate = decoded.immediate;
        this.immediate2 = decoded.immediate2;
        this.prefixes = decoded.prefixes;
        this.mode = decoded.mode;
        this.bytes = decoded.consumed();
        this.length = bytes.length;
        this.low = word(bytes, 0);
        this.high = word(bytes, Long.BYTES);
    }

    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = from; i < Math.min(from + Long.BYTES, bytes.length); i++) {
            word |= (bytes[i] & 0xffL) << 8 * (i - from);
        }
        return word;
    }

    /** True if any of the given prefix bits is set. */
    public boolean has(int prefixBits) {
        return (prefixes & prefixBits) != 0;
    }

    /** True if the instruction accesses its explicit memory operand's address (not true of a register form). */
    public boolean hasMemoryOperand() {
        return Operand.kind(operand0) == Operand.MEMORY
                || Operand.kind(operand1) == Operand.MEMORY
                || Operand.kind(operand2) == Operand.MEMORY;
    }

    /** A copy of the encoded bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }
}
