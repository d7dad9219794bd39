package io.github.nmi64.op;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Encodings for comparison with an oracle: all opcodes of the four maps, with prefixes and ModRM bytes that matter. */
final class EncodingSamples {
    private static final int[][] OPCODE_MAPS = {{}, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}};
    private static final int[] LONG_MODE_PREFIXES = {
        0, 0x66, 0xf2, 0xf3, 0x48, 0x4f, 0x67, 0xf0, 0x64, 0x2e, 0x6648, 0xf348, 0xf248, 0x66f2, 0x66f3, 0xf36648, 0x40,
        0x41, 0x6741, 0xf066
    };
    private static final int[] COMPATIBILITY_PREFIXES = {0, 0x66, 0xf2, 0xf3, 0x67, 0xf0, 0x64, 0x2e, 0x6667};
    /** ModRM, SIB and displacement bytes for every kind of address. */
    private static final int[][] ADDRESSES = {
        {0x04, 0x24}, {0x04, 0x25}, {0x04, 0x65}, {0x04, 0x20}, {0x04, 0x60}, {0x04, 0x98}, {0x04, 0x05},
        {0x05}, {0x06}, {0x06, 0xf0, 0xff}, {0x42, 0xf0}, {0x45, 0x00}, {0x46, 0x7f}, {0x85, 0x00, 0x00, 0x00, 0x80},
        {0x44, 0xac, 0x80}, {0x44, 0x24, 0x08}, {0x84, 0x8c, 0x10, 0x00, 0x00, 0x00}, {0x80, 0x01, 0x02, 0x03, 0x84}
    };

    private EncodingSamples() {}

    /** Opcodes with every /digit as memory and register, under each of a set of prefixes. */
    static List<byte[]> opcodes(boolean longMode) {
        List<byte[]> samples = new ArrayList<>();
        for (int prefix : longMode ? LONG_MODE_PREFIXES : COMPATIBILITY_PREFIXES) {
            for (int[] map : OPCODE_MAPS) {
                for (int opcode = 0; opcode < 256; opcode++) {
                    if (!isPrefixOrEscape(map, opcode, longMode)) {
                        addDigits(samples, prefix, map, opcode);
                    }
                }
            }
        }
        return samples;
    }

    /** Every form of address, under each of the prefixes that matter to one, with an opcode of every immediate size. */
    static List<byte[]> addresses(boolean longMode) {
        List<byte[]> samples = new ArrayList<>();
        for (int prefix : longMode ? LONG_MODE_PREFIXES : COMPATIBILITY_PREFIXES) {
            for (int opcode : new int[] {0x01, 0x8a, 0x8d, 0x80, 0x81, 0x83, 0xf6, 0xff}) {
                for (int[] address : ADDRESSES) {
                    samples.add(bytes(prefix, new int[0], opcode, address));
                }
            }
        }
        return samples;
    }

    /** What was met in the code of programs, mostly in data between instructions, and nowhere else in the samples. */
    static List<byte[]> metInPrograms() {
        List<byte[]> samples = new ArrayList<>(misplacedRex());
        for (String bytes : List.of("6732152f2903f4", "670f0d0580ffffff", "0f0f541af2b7", "2e64785f", "3e427c3e")) {
            samples.add(HexFormat.of().parseHex(bytes));
        }
        return samples;
    }

    /** REX where it has no effect: before another prefix, of each kind. */
    private static List<byte[]> misplacedRex() {
        List<byte[]> samples = new ArrayList<>();
        for (int prefix : new int[] {0x4841, 0x4166, 0x48f3, 0x4f64, 0x6648f2, 0x3e4841, 0x402e}) {
            for (int opcode : new int[] {0x01, 0x50, 0x90, 0xa4, 0xc3, 0x74}) {
                samples.add(bytes(prefix, new int[0], opcode, new int[] {0xc1}));
            }
        }
        return samples;
    }

    /** All register-form ModRM bytes of the opcodes where each may be an instruction of its own. */
    static List<byte[]> fixedModrm() {
        List<byte[]> samples = new ArrayList<>();
        for (int prefix : new int[] {0, 0x66, 0xf2, 0xf3}) {
            for (int opcode = 0xd8; opcode < 0xe0; opcode++) {
                addRegisterForms(samples, prefix, new int[0], opcode);
            }
            for (int opcode : new int[] {0x00, 0x01, 0x18, 0x1e, 0xae, 0xc7}) {
                addRegisterForms(samples, prefix, new int[] {0x0f}, opcode);
            }
        }
        return samples;
    }

    private static void addRegisterForms(List<byte[]> samples, int prefix, int[] map, int opcode) {
        for (int modrm = 0xc0; modrm < 0x100; modrm++) {
            samples.add(bytes(prefix, map, opcode, new int[] {modrm}));
        }
    }

    private static void addDigits(List<byte[]> samples, int prefix, int[] map, int opcode) {
        for (int digit = 0; digit < 8; digit++) {
            samples.add(bytes(prefix, map, opcode, new int[] {digit << 3}));
            samples.add(bytes(prefix, map, opcode, new int[] {0xc1 | digit << 3}));
        }
    }

    private static boolean isPrefixOrEscape(int[] map, int opcode, boolean longMode) {
        if (map.length == 1) {
            return opcode == 0x38 || opcode == 0x3a;
        }
        return map.length == 0
                && switch (opcode) {
                    case 0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 -> true;
                    default -> longMode && (opcode & 0xf0) == 0x40;
                };
    }

    private static byte[] bytes(int prefix, int[] map, int opcode, int[] rest) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int shift = 24; shift >= 0; shift -= 8) {
            if ((prefix >>> shift & 0xff) != 0) {
                bytes.write(prefix >>> shift & 0xff);
            }
        }
        for (int value : map) {
            bytes.write(value);
        }
        bytes.write(opcode);
        for (int value : rest) {
            bytes.write(value);
        }
        return bytes.toByteArray();
    }
}
