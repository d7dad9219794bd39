package io.github.nmi64.isa;

import java.util.List;

/** The general-purpose registers, numbered as in ModRM and REX (SDM vol. 2, 2.1.5 and 2.2.1). */
public final class Gpr {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;
    public static final int R8 = 8;
    public static final int R9 = 9;
    public static final int R10 = 10;
    public static final int R11 = 11;
    public static final int R12 = 12;
    public static final int R13 = 13;
    public static final int R14 = 14;
    public static final int R15 = 15;
    /** How many there are. */
    public static final int COUNT = 16;
    /** One past the last: an address without base or index names this register, which always holds zero. */
    public static final int ZERO = 16;

    /** Names of the 64-bit registers in encoding order. */
    public static final List<String> NAMES = List.of(
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
            "r15");

    private static final String[] LOW_BYTES = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    private static final String[] HIGH_BYTES = {"ah", "ch", "dh", "bh"};

    private Gpr() {}

    /** The assembler's name of register {@code index} (0 to 15) at 8, 16, 32 or 64 bits. */
    public static String name(int index, int bits) {
        if (index >= R8) {
            return NAMES.get(index) + (bits == 64 ? "" : bits == 32 ? "d" : bits == 16 ? "w" : "b");
        }
        String wide = NAMES.get(index);
        return switch (bits) {
            case 64 -> wide;
            case 32 -> "e" + wide.substring(1);
            case 16 -> wide.substring(1);
            default -> LOW_BYTES[index];
        };
    }

    /** The name of AH, CH, DH or BH, for {@code index} 0 to 3. */
    public static String highByteName(int index) {
        return HIGH_BYTES[index];
    }
}
