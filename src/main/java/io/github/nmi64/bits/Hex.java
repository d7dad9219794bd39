package io.github.nmi64.bits;

import java.util.HexFormat;
import java.util.Objects;

/** The one way addresses and bytes are printed: lower-case hexadecimal, values with {@code 0x}, bytes without. */
public final class Hex {
    private static final HexFormat PLAIN = HexFormat.of();
    private static final HexFormat BLANK_SEPARATED = HexFormat.ofDelimiter(" ");

    private Hex() {}

    /** An unsigned value without leading zeros: {@code 0x0}, {@code 0xffffffff81000000}. */
    public static String of(long value) {
        return "0x" + Long.toHexString(value);
    }

    /**
     * The low bytes of a value with leading zeros: {@code fixed(0x2a, 2)} is {@code 0x002a}.
     *
     * @param bytes how many bytes to print, from 1 to 8; higher bytes of the value are left out
     * @throws IllegalArgumentException if {@code bytes} is not from 1 to 8
     */
    public static String fixed(long value, int bytes) {
        if (bytes < 1 || bytes > Long.BYTES) {
            throw new IllegalArgumentException("a value is printed with 1 to 8 bytes, not " + bytes);
        }
        return "0x" + PLAIN.toHexDigits(value, 2 * bytes);
    }

    /**
     * The bytes from index {@code from} up to but not including {@code to}, separated by blanks: {@code 48 89 e5}.
     *
     * @throws IndexOutOfBoundsException if the range is not inside the array
     */
    public static String bytes(byte[] bytes, int from, int to) {
        Objects.checkFromToIndex(from, to, bytes.length);
        return BLANK_SEPARATED.formatHex(bytes, from, to);
    }

    /** All bytes, in order and without separators: {@code 4889e5}. */
    public static String plain(byte[] bytes) {
        return PLAIN.formatHex(bytes);
    }
}
