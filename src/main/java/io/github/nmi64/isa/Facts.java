package io.github.nmi64.isa;

/**
 * Everything besides the opcode byte that selects a row of the opcode map, as one-hot fields of a 64-bit word. A row
 * accepts an encoding if its mask covers the encoding's facts; two rows clash if their masks meet in every field.
 */
final class Facts {
    private static final int PREFIX = 0; // none, 66, F3, F2
    private static final int MOD = 4; // memory, register
    private static final int REG = 6; // eight values
    private static final int RM = 14; // eight values
    private static final int W = 22; // clear, set
    private static final int OPERAND = 24; // 16, 32, 64
    private static final int ADDRESS = 27; // 16, 32, 64
    private static final int MODE = 30; // 64-bit, compatibility
    private static final int L = 32; // VEX.L clear, set
    private static final int B = 34; // REX.B clear, set
    private static final int END = 36;

    private static final int[] STARTS = {PREFIX, MOD, REG, RM, W, OPERAND, ADDRESS, MODE, L, B, END};

    /** Every field unconstrained. */
    static final long ALL = (1L << END) - 1;

    private Facts() {}

    /** Restricts one field to the given values (a small bit set), leaving the others open. */
    private static long field(int start, int width, int values) {
        long whole = (1L << width) - 1 << start;
        return ALL & ~whole | (long) values << start;
    }

    static long reg(int value) {
        return field(REG, 8, 1 << value);
    }

    /** A fixed register-form ModRM byte. */
    static long modrm(int modrm) {
        if (modrm < 0xc0) {
            throw new IllegalArgumentException("fixed ModRM byte must name a register");
        }
        return named("reg") & reg(modrm >>> 3 & 7) & field(RM, 8, 1 << (modrm & 7));
    }

    /** The constraint a word of the encoding notation stands for. */
    static long named(String word) {
        return switch (word) {
            case "NP" -> field(PREFIX, 4, 1);
            case "NF" -> field(PREFIX, 4, 3);
            case "66" -> field(PREFIX, 4, 2);
            case "F3" -> field(PREFIX, 4, 4);
            case "F2" -> field(PREFIX, 4, 8);
            case "mem" -> field(MOD, 2, 1);
            case "reg" -> field(MOD, 2, 2);
            case "W0" -> field(W, 2, 1);
            case "REX.W", "W1" -> field(W, 2, 2);
            case "noREX.B" -> field(B, 2, 1);
            case "o16" -> field(OPERAND, 3, 1);
            case "o32" -> field(OPERAND, 3, 2);
            case "o64" -> field(OPERAND, 3, 4);
            case "a16" -> field(ADDRESS, 3, 1);
            case "a32" -> field(ADDRESS, 3, 2);
            case "a64" -> field(ADDRESS, 3, 4);
            case "only64" -> field(MODE, 2, 1);
            case "not64" -> field(MODE, 2, 2);
            case "L0" -> field(L, 2, 1);
            case "L1" -> field(L, 2, 2);
            default -> throw new IllegalArgumentException("unknown word '" + word + "' in an encoding");
        };
    }

    /**
     * The facts of one encoding. {@code modrm} is -1 where there is none; {@code prefix} is 0, 0x66, 0xf3 or 0xf2;
     * {@code rex} is 0 without REX or VEX prefix.
     */
    static long observed(
            int prefix, int modrm, int rex, int operandBits, int addressBits, CodeMode mode, boolean longVector) {
        long facts = 1L << PREFIX + prefixIndex(prefix)
                | 1L << W + (rex >>> 3 & 1)
                | 1L << B + (rex & 1)
                | 1L << OPERAND + sizeIndex(operandBits)
                | 1L << ADDRESS + sizeIndex(addressBits)
                | 1L << MODE + (mode.is64() ? 0 : 1)
                | 1L << L + (longVector ? 1 : 0);
        return modrm < 0
                ? facts
                : facts | 1L << MOD + (modrm >= 0xc0 ? 1 : 0) | 1L << REG + (modrm >>> 3 & 7) | 1L << RM + (modrm & 7);
    }

    /** True if the mask accepts encodings with this prefix (66, F3 or F2) only. */
    static boolean demands(long mask, int prefix) {
        return (mask & 0xf) == 1 << PREFIX + prefixIndex(prefix);
    }

    /** True if the mask does not accept every operand size. */
    static boolean selectsOperandSize(long mask) {
        return (mask >>> OPERAND & 7) != 7;
    }

    /** True if the mask does not accept every address size. */
    static boolean selectsAddressSize(long mask) {
        return (mask >>> ADDRESS & 7) != 7;
    }

    /** True if the mask does not accept both values of W. */
    static boolean selectsWide(long mask) {
        return (mask >>> W & 3) != 3;
    }

    private static int prefixIndex(int prefix) {
        return switch (prefix) {
            case 0x66 -> 1;
            case 0xf3 -> 2;
            case 0xf2 -> 3;
            default -> 0;
        };
    }

    private static int sizeIndex(int bits) {
        return bits == 16 ? 0 : bits == 32 ? 1 : 2;
    }

    /** True if some encoding satisfies both masks. */
    static boolean overlap(long a, long b) {
        for (int i = 0; i + 1 < STARTS.length; i++) {
            long field = (1L << STARTS[i + 1]) - (1L << STARTS[i]);
            if ((a & b & field) == 0) {
                return false;
            }
        }
        return true;
    }
}
