package io.github.nmi64.isa;

import java.util.List;

/**
 * What the AT&T syntax calls a row of the opcode map, in the notation {@link Encoding#att} explains.
 *
 * @param names one name for all operand sizes, or one each for 16, 32 and 64 bits
 * @param indirect true if the operand is written with a star, as the target of an indirect branch
 * @param table true if DS:rBX, which the encoding does not name, is written as an operand
 * @param manualOrder true if operands stand in the manual's order instead of its reverse
 */
record AttName(List<String> names, boolean indirect, boolean table, boolean manualOrder) {
    private static final String INDIRECT = " *";
    private static final String TABLE = " (rBX)";
    private static final String MANUAL_ORDER = " =";

    static AttName parse(String text) {
        boolean indirect = text.endsWith(INDIRECT);
        boolean table = text.endsWith(TABLE);
        boolean manualOrder = text.endsWith(MANUAL_ORDER);
        int end = indirect || table || manualOrder ? text.lastIndexOf(' ') : text.length();
        List<String> bySize = List.of(text.substring(0, end).split("\\|", -1));
        if (bySize.size() != 1 && bySize.size() != 3) {
            throw new IllegalArgumentException("one name or three expected in '" + text + "'");
        }
        return new AttName(bySize, indirect, table, manualOrder);
    }

    /** The name at an operand size of 16, 32 or 64 bits, possibly with a final {@code ?} or {@code @}. */
    String at(int operandBits) {
        return names.size() == 1 ? names.get(0) : names.get(operandBits >>> 5);
    }

    /** True if the names at two operand sizes differ. */
    boolean tellsApart(int bits, int otherBits) {
        return !at(bits).equals(at(otherBits));
    }

    boolean tellsAddressSize() {
        return names.get(0).endsWith("@");
    }
}
