package io.github.nmi64.op;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.state.Rflags;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random instructions of a given opcode from random states, biased towards what is interesting: pointers into and across
 * pages that are present, absent or read-only, addresses on both sides of the canonical hole, small counts.
 *
 * <p>An opcode is written as in the encodings: bytes, then {@code +r}, {@code /r} or {@code /0} to {@code /7}; a leading
 * 66, F2 or F3 is a fixed prefix. Whatever follows the ModRM byte is random, so the CPU decides where the instruction ends.
 */
final class RandomCases {
    private static final int LENGTH = 15;
    private static final int PAGE = 4096;
    private static final int[] SEGMENT_PREFIXES = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x64, 0x65};
    private static final long[] EDGES = {
        0x0000_7fff_ffff_f000L, 0x0000_8000_0000_0000L, 0xffff_7fff_ffff_ffffL, 0xffff_8000_0000_0000L, -1L, 0L
    };
    private static final long FLAGS = Rflags.STATUS | Rflags.DF | Rflags.NT | Rflags.ID;

    private final SplittableRandom random;

    RandomCases(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** A case of one of the opcodes, each prefix being drawn from {@code optional} now and then. */
    CpuCase next(List<String> opcodes, List<Integer> optional) {
        CpuCase drawn = new CpuCase();
        drawn.code = code(opcodes.get(random.nextInt(opcodes.size())), optional);
        for (int i = 0; i < Gpr.COUNT; i++) {
            drawn.gpr[i] = value();
        }
        if (chance(90)) {
            drawn.gpr[Gpr.RSP] = pointer();
        }
        drawn.rflags = random.nextLong() & FLAGS | Rflags.FIXED | (chance(10) ? Rflags.AC : 0);
        drawn.fsBase = chance(70) ? CpuCase.FS : canonical(value());
        drawn.gsBase = chance(70) ? CpuCase.GS : canonical(value());
        drawn.window = new byte[CpuCase.MAX_WINDOW];
        drawn.windowAddress = CpuCase.DATA + random.nextInt(2 * PAGE - CpuCase.MAX_WINDOW);
        random.nextBytes(drawn.window);
        return drawn;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    int upTo(int bound) {
        return random.nextInt(bound);
    }

    /** An address in the data pages, often close to where one of them ends. */
    long pointer() {
        int near = random.nextInt(3) * PAGE + random.nextInt(-40, 40);
        return CpuCase.DATA + (chance(40) ? near : random.nextInt(2 * PAGE));
    }

    private long value() {
        int kind = random.nextInt(100);
        if (kind < 50) {
            return pointer();
        } else if (kind < 65) {
            return random.nextInt(64);
        } else if (kind < 72) {
            return random.nextInt(PAGE);
        } else if (kind < 77) {
            return CpuCase.READ_ONLY + random.nextInt(-16, PAGE + 16);
        } else if (kind < 85) {
            return EDGES[random.nextInt(EDGES.length)] + random.nextInt(-9, 9);
        }
        return kind < 93 ? random.nextInt() : random.nextLong();
    }

    private static long canonical(long value) {
        return value << 17 >> 17;
    }

    private byte[] code(String opcode, List<Integer> optional) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        String[] words = opcode.split(" ", -1);
        int at = 0;
        prefixes(code, optional);
        while (at < words.length - 1 && List.of("66", "F2", "F3").contains(words[at])) {
            code.write(Integer.parseInt(words[at++], 16));
        }
        if (chance(50)) {
            code.write(0x40 + random.nextInt(16));
        }
        for (; at < words.length; at++) {
            word(code, words[at]);
        }
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        System.arraycopy(code.toByteArray(), 0, bytes, 0, Math.min(LENGTH, code.size()));
        return bytes;
    }

    private void prefixes(ByteArrayOutputStream code, List<Integer> optional) {
        for (int prefix : optional) {
            if (chance(prefix == 0xf0 ? 4 : 25)) {
                code.write(prefix);
            }
        }
        if (chance(25)) {
            code.write(SEGMENT_PREFIXES[random.nextInt(SEGMENT_PREFIXES.length)]);
        }
    }

    private void word(ByteArrayOutputStream code, String word) {
        if (word.startsWith("/")) {
            modrm(code, word.equals("/r") ? random.nextInt(8) : Integer.parseInt(word.substring(1)));
        } else if (word.equals("moffs")) {
            quad(code, chance(80) ? pointer() : random.nextLong());
        } else {
            int register = word.endsWith("+r") ? random.nextInt(8) : 0;
            code.write(Integer.parseInt(word.substring(0, 2), 16) + register);
        }
    }

    private void modrm(ByteArrayOutputStream code, int reg) {
        int modrm = random.nextInt(4) << 6 | reg << 3 | random.nextInt(8);
        code.write(modrm);
        if ((modrm & 7) == 4 && modrm < 0xc0) {
            code.write(random.nextInt(256));
        }
        boolean disp32 = modrm >>> 6 == 2 || (modrm & 0xc7) == 5;
        if (disp32) {
            int displacement = displacement();
            for (int i = 0; i < 4; i++) {
                code.write(displacement >>> 8 * i);
            }
        }
    }

    private int displacement() {
        return switch (random.nextInt(4)) {
            case 0 -> (int) pointer();
            case 1 -> (int) pointer() - CpuCase.CODE;
            case 2 -> random.nextInt(-64, 64);
            default -> random.nextInt();
        };
    }

    private static void quad(ByteArrayOutputStream code, long value) {
        for (int i = 0; i < 8; i++) {
            code.write((int) (value >>> 8 * i));
        }
    }
}
