package io.github.nmi64.isa;

import java.util.ArrayList;
import java.util.List;

/**
 * One operand of a row in the notation of the opcode map (SDM vol. 2, A.2): an addressing letter and a size letter, or a
 * fixed register.
 *
 * <p>Letters: E general register or memory by ModRM.rm, M memory only, R register only, G register by ModRM.reg, Z
 * register in the opcode's low bits, B register by VEX.vvvv, S segment, C control, D debug register by ModRM.reg, I
 * immediate, sI sign-extended byte immediate, J relative target, A far pointer, O offset without ModRM, X and Y string
 * operands. Sizes: b 8, w 16, d 32, q 64 bits, v operand size, y 32 or 64 by W, z operand size but at most 32 for
 * immediates, p far pointer, n no size.
 */
record OperandPattern(char addressing, char size, int fixedRegister) {
    static final char FIXED = 'f';
    static final char SIGNED_BYTE = 's';
    static final char FIXED_SEGMENT = 'g';

    static List<OperandPattern> parse(String text) {
        List<OperandPattern> patterns = new ArrayList<>();
        if (!text.isEmpty()) {
            for (String word : text.split(",", -1)) {
                patterns.add(parseOne(word));
            }
        }
        if (patterns.size() > 3) {
            throw new IllegalArgumentException("more than three operands in '" + text + "'");
        }
        return List.copyOf(patterns);
    }

    private static OperandPattern parseOne(String word) {
        return switch (word) {
            case "AL" -> new OperandPattern(FIXED, 'b', Gpr.RAX);
            case "CL" -> new OperandPattern(FIXED, 'b', Gpr.RCX);
            case "AX" -> new OperandPattern(FIXED, 'w', Gpr.RAX);
            case "rAX" -> new OperandPattern(FIXED, 'v', Gpr.RAX);
            case "eAX" -> new OperandPattern(FIXED, 'z', Gpr.RAX);
            case "DX" -> new OperandPattern('P', 'w', Gpr.RDX);
            case "1" -> new OperandPattern('1', 'b', 0);
            case "ES", "CS", "SS", "DS", "FS", "GS" ->
                new OperandPattern(FIXED_SEGMENT, 'w', Segment.NAMES.indexOf(word.toLowerCase(java.util.Locale.ROOT)));
            default ->
                word.startsWith("sI")
                        ? new OperandPattern(SIGNED_BYTE, 'v', 0)
                        : new OperandPattern(word.charAt(0), word.length() > 1 ? word.charAt(1) : 'n', 0);
        };
    }

    /** True for a byte operand; a branch by a byte's displacement does not act on bytes. */
    boolean isByte() {
        return size == 'b' && addressing != 'J';
    }

    /** True for CL, whose width says nothing about what is shifted. */
    boolean isShiftCount() {
        return addressing == FIXED && fixedRegister == Gpr.RCX;
    }

    boolean usesModrm() {
        return "EMRGSCD".indexOf(addressing) >= 0;
    }

    /** Constraint the operand puts on ModRM. */
    long facts() {
        return switch (addressing) {
            case 'M' -> Facts.named("mem");
            case 'R' -> Facts.named("reg");
            default -> Facts.ALL;
        };
    }

    /** Width in bits given the instruction's operand size. */
    int bits(int operandBits, boolean wide) {
        return switch (size) {
            case 'b' -> 8;
            case 'w' -> 16;
            case 'd' -> 32;
            case 'q' -> 64;
            case 'v' -> operandBits;
            case 'y' -> wide ? 64 : 32;
            case 'z' -> Math.min(operandBits, 32);
            case 'o' -> 128;
            default -> 0;
        };
    }
}
