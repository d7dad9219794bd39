package io.github.nmi64.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages valid input in the ways that have hurt readers before: boundary values in fields, cuts, repetition, junk. */
final class Mutations {
    private static final long[] VALUES = {
        0,
        1,
        -1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0xfff1,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        0x1_0000_0000L,
        256L << 20,
        (256L << 20) + 1,
        64L << 20,
        0x7fff_ffff_ffffL,
        0x8000_0000_0000L,
        0xffff_8000_0000_0000L,
        -4096,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };
    private static final List<String> JUNK = List.of(
            "",
            " ",
            "\0",
            "\n",
            "\r\n",
            "\t",
            "\uFEFF",
            "\u001b[31m",
            "\u2028",
            "\ud83d\ude00",
            "@",
            "=",
            ",",
            "+",
            "#",
            ":",
            "-1",
            "0",
            "0x",
            "0xffffffffffffffff",
            "99999999999999999999",
            "9223372036854775807",
            "nmi@",
            "at=",
            "hit=0",
            "every=1",
            "random=1,count=1000000000",
            "expect ",
            "inject ",
            "%s%n",
            "${HOME}",
            "..",
            "/",
            "x".repeat(5000));

    private final SplittableRandom random;

    Mutations(SplittableRandom random) {
        this.random = random;
    }

    /** One to four changes. */
    byte[] of(byte[] valid) {
        byte[] bytes = valid.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 8; changes--) {
            bytes = changed(bytes);
        }
        return bytes;
    }

    /** Changes in the first so many bytes, which is where headers are. */
    byte[] ofHead(byte[] valid, int size) {
        byte[] head = of(Arrays.copyOf(valid, size));
        byte[] bytes = Arrays.copyOf(head, Math.max(0, head.length + valid.length - size));
        System.arraycopy(valid, size, bytes, head.length, valid.length - size);
        return bytes;
    }

    private byte[] changed(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(10)) {
            case 0:
                return Arrays.copyOf(bytes, at);
            case 1:
                return Arrays.copyOf(bytes, bytes.length + random.nextInt(100));
            case 2:
                return spliced(bytes, at, bytes, random.nextInt(bytes.length), random.nextInt(64));
            case 3:
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                return bytes;
            case 4:
                bytes[at] = (byte) random.nextInt();
                return bytes;
            default:
                return field(bytes);
        }
    }

    /** Overwrites an aligned field of two, four or eight bytes with a boundary value, or one near the file's own size. */
    private byte[] field(byte[] bytes) {
        int size = 2 << random.nextInt(3);
        int at = random.nextInt(bytes.length - 7) & -size;
        long value = random.nextInt(4) == 0
                ? bytes.length + random.nextInt(-70, 70)
                : VALUES[random.nextInt(VALUES.length)] + random.nextInt(-1, 2);
        byte[] field = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        System.arraycopy(field, 0, bytes, at, size);
        return bytes;
    }

    private static byte[] spliced(byte[] target, int at, byte[] source, int from, int length) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(target, 0, at);
        all.write(source, from, Math.min(length, source.length - from));
        all.write(target, at, target.length - at);
        return all.toByteArray();
    }

    /** Text with words exchanged, lines repeated or cut, and junk in it. */
    String of(String valid) {
        StringBuilder text = new StringBuilder(valid);
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            int from = random.nextInt(text.length() + 1);
            int to = Math.min(text.length(), from + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> text.delete(from, to);
                case 1 -> text.insert(from, junk());
                case 2 -> text.replace(from, to, junk());
                default -> text.insert(random.nextInt(text.length() + 1), text.substring(from, to));
            }
        }
        return text.toString();
    }

    String junk() {
        return JUNK.get(random.nextInt(JUNK.size()));
    }
}
