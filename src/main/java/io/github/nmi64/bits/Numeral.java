package io.github.nmi64.bits;

import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The one way numbers are read from text: ASCII decimal digits, or {@code 0x} and hexadecimal digits. No sign, blank,
 * underscore or suffix is accepted unless a method says so, and a value that does not fit is no value.
 */
public final class Numeral {
    private static final Pattern DECIMAL = Pattern.compile("[0-9]+");
    private static final Pattern HEXADECIMAL = Pattern.compile("0[xX][0-9a-fA-F]+");

    private Numeral() {}

    /** A number from 0 to {@link Long#MAX_VALUE}, or empty if the text is anything else. */
    public static OptionalLong natural(String text) {
        OptionalLong value = unsigned(text);
        return value.isPresent() && value.getAsLong() < 0 ? OptionalLong.empty() : value;
    }

    /** A 64-bit pattern, written as a number from 0 to 2^64-1, or empty if the text is anything else. */
    public static OptionalLong unsigned(String text) {
        if (DECIMAL.matcher(text).matches()) {
            return parsed(text, 10);
        }
        return HEXADECIMAL.matcher(text).matches() ? parsed(text.substring(2), 16) : OptionalLong.empty();
    }

    /** A 64-bit pattern, written as {@link #unsigned} or as a number from -2^63 to -1, decimal or not; empty otherwise. */
    public static OptionalLong signed(String text) {
        if (!text.startsWith("-")) {
            return unsigned(text);
        }
        OptionalLong magnitude = unsigned(text.substring(1));
        boolean isInRange = magnitude.isPresent() && Long.compareUnsigned(magnitude.getAsLong(), Long.MIN_VALUE) <= 0;
        return isInRange ? OptionalLong.of(-magnitude.getAsLong()) : OptionalLong.empty();
    }

    private static OptionalLong parsed(String digits, int radix) {
        try {
            return OptionalLong.of(Long.parseUnsignedLong(digits, radix));
        } catch (NumberFormatException outOfRange) {
            return OptionalLong.empty();
        }
    }
}
