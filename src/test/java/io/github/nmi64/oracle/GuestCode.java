package io.github.nmi64.oracle;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/** Machine code in the making: bytes in hexadecimal, little-endian numbers, and places to fill in later. */
final class GuestCode {
    private final long base;
    private byte[] bytes = {};

    GuestCode(long base) {
        this.base = base;
    }

    /** Address of the next byte. */
    long here() {
        return base + bytes.length;
    }

    /** Appends bytes; {@code %} stands for the next number as four bytes, sign-extended by the instruction. */
    GuestCode add(String hex, long... numbers) {
        var more = new ByteArrayOutputStream();
        more.writeBytes(bytes);
        int used = 0;
        for (String part : hex.split("(?=%)|(?<=%)|\\s+", -1)) {
            if (part.equals("%")) {
                more.writeBytes(little(numbers[used++], 4));
            } else {
                more.writeBytes(HexFormat.of().parseHex(part.strip()));
            }
        }
        bytes = more.toByteArray();
        return this;
    }

    /** JMP to an address within 2 GiB. */
    GuestCode jump(long target) {
        return add("e9%", target - (here() + 5));
    }

    /** Overwrites four bytes at an address. */
    void fill(long address, long value) {
        System.arraycopy(little(value, 4), 0, bytes, (int) (address - base), 4);
    }

    byte[] bytes() {
        return bytes.clone();
    }

    static byte[] little(long value, int size) {
        byte[] little = new byte[size];
        for (int i = 0; i < size; i++) {
            little[i] = (byte) (value >>> 8 * i);
        }
        return little;
    }
}
