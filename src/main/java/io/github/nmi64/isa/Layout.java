package io.github.nmi64.isa;

/**
 * Where the parts of an encoding lie within an instruction's bytes (SDM vol. 2, figure 2-1). The decoded fields do not
 * tell everything a disassembly shows: a displacement of zero, an index field that names nothing, a prefix without
 * effect.
 */
final class Layout {
    private final byte[] bytes;
    private final int prefixCount;
    private final int modrmAt;

    Layout(Instruction instruction) {
        bytes = instruction.bytes();
        prefixCount = countPrefixes(bytes, instruction.mode);
        modrmAt = instruction.encoding.modrm() ? prefixCount + opcodeLength(instruction) : -1;
    }

    private static int countPrefixes(byte[] bytes, CodeMode mode) {
        int count = 0;
        while (isPrefix(bytes[count] & 0xff, mode)) {
            count++;
        }
        return count;
    }

    private static boolean isPrefix(int value, CodeMode mode) {
        return switch (value) {
            case 0xf0, 0xf2, 0xf3, 0x66, 0x67, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 -> true;
            default -> isRex(value, mode);
        };
    }

    static boolean isRex(int value, CodeMode mode) {
        return mode.is64() && (value & 0xf0) == 0x40;
    }

    private int opcodeLength(Instruction instruction) {
        if (instruction.has(Instruction.VEX)) {
            return (bytes[prefixCount] & 0xff) == 0xc4 ? 4 : 3;
        }
        int map = instruction.encoding.map();
        return map < 2 ? map + 1 : 3;
    }

    /** How many legacy and REX prefixes there are. */
    int prefixCount() {
        return prefixCount;
    }

    int prefix(int index) {
        return bytes[index] & 0xff;
    }

    /** The last prefix if it is a REX prefix in effect, else 0. */
    int rex(CodeMode mode) {
        return prefixCount > 0 && isRex(prefix(prefixCount - 1), mode) ? prefix(prefixCount - 1) : 0;
    }

    boolean hasModrm() {
        return modrmAt >= 0;
    }

    int mod() {
        return bytes[modrmAt] >>> 6 & 3;
    }

    int rm() {
        return bytes[modrmAt] & 7;
    }

    /** True if a SIB byte follows ModRM at an address size of 32 or 64 bits. */
    boolean hasSib() {
        return mod() != 3 && rm() == 4;
    }

    int sibBase() {
        return bytes[modrmAt + 1] & 7;
    }
}
