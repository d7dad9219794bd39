package io.github.nmi64.isa;

import java.util.List;

/**
 * What the AT&T syntax calls a row of the opcode map, in the notation {@link Encoding#att} explains.
 *
 * @param names one name for all operand sizes, or one each for 16, 32 and 64 bits
 * @param indirect true if the operand is written with a star, as the target of an indirect branch
 */
record AttName(List<String> names, boolean indirect) {
    private static final String INDIRECT = " *";

    static AttName parse(String text) {
        boolean indirect = text.endsWith(INDIRECT);
        String names = indirect ? text.substring(0, text.length() - INDIRECT.length()) : text;
        List<String> bySize = List.of(names.split("\\|", -1));
        if (bySize.size() != 1 && bySize.size() != 3) {
            throw new IllegalArgumentException("one name or three expected in '" + text + "'");
        }
        return new AttName(bySize, indirect);
    }

    /** The name at an operand size of 16, 32 or 64 bits, possibly with the {@code ?} that asks for a suffix. */
    String at(int operandBits) {
        return names.size() == 1 ? names.get(0) : names.get(operandBits >>> 5);
    }

    boolean variesBySize() {
        return names.size() > 1;
    }
}
