package io.github.nmi64.op;

import java.util.ArrayList;
import java.util.List;

/**
 * VEX encodings for comparison with an oracle: every opcode of the three maps with every mandatory prefix, W, L and both
 * a named and an unnamed third register; and the opcodes that have rows more closely.
 */
final class VexSamples {
    private static final int THREE_BYTES = 0xc4;
    private static final int TWO_BYTES = 0xc5;
    /** Inverted R, X and B: no register above 7. */
    private static final int LOW_REGISTERS = 0xe0;

    private static final int[] VVVV = {0, 3};
    /** What the manual forbids before VEX, and the two kinds of prefix it allows. */
    private static final int[] PREFIXES = {0x66, 0xf2, 0xf3, 0xf0, 0x64, 0x67};

    private VexSamples() {}

    static List<byte[]> all(boolean longMode) {
        List<byte[]> samples = new ArrayList<>();
        for (int opcode = 0; opcode < 256; opcode++) {
            for (int payload : payloads()) {
                for (int map = 1; map <= 3; map++) {
                    addForms(samples, THREE_BYTES, LOW_REGISTERS | map, payload, opcode);
                }
                addForms(samples, TWO_BYTES, 0x80 | payload, opcode);
            }
        }
        for (Place place : places()) {
            addClosely(samples, place.map, place.opcode, longMode);
        }
        return samples;
    }

    /** Map and opcode byte. */
    private record Place(int map, int opcode) {}

    private static List<Place> places() {
        return InstructionSet.operations().stream()
                .flatMap(operation -> operation.encodings().stream())
                .map(RowText::of)
                .filter(RowText::vex)
                .map(row -> new Place(row.map(), row.opcode()))
                .distinct()
                .toList();
    }

    /** The last byte of a VEX prefix: W, vvvv, L, pp. */
    private static List<Integer> payloads() {
        List<Integer> payloads = new ArrayList<>();
        for (int wide = 0; wide < 2; wide++) {
            for (int register : VVVV) {
                for (int vectorAndPrefix = 0; vectorAndPrefix < 8; vectorAndPrefix++) {
                    payloads.add(wide << 7 | (~register & 15) << 3 | vectorAndPrefix);
                }
            }
        }
        return payloads;
    }

    private static void addForms(List<byte[]> samples, int... bytes) {
        samples.add(bytes(bytes, 0x0a)); // memory
        samples.add(bytes(bytes, 0xd9)); // register
    }

    private static void addClosely(List<byte[]> samples, int map, int opcode, boolean longMode) {
        for (int payload : payloads()) {
            for (int modrm = 0; modrm < 0x100; modrm += 7) {
                samples.add(bytes(new int[] {THREE_BYTES, LOW_REGISTERS | map, payload, opcode}, modrm));
            }
            for (int inverted = 0; longMode && inverted < 8; inverted++) {
                addForms(samples, THREE_BYTES, inverted << 5 | map, payload, opcode);
                addForms(samples, THREE_BYTES, inverted << 5 | map, payload & ~0x40, opcode); // vvvv above 7
            }
            for (int prefix : PREFIXES) {
                addForms(samples, prefix, THREE_BYTES, LOW_REGISTERS | map, payload, opcode);
            }
            if (longMode) {
                addForms(samples, 0x48, THREE_BYTES, LOW_REGISTERS | map, payload, opcode);
            }
        }
    }

    private static byte[] bytes(int[] start, int last) {
        byte[] bytes = new byte[start.length + 1];
        for (int i = 0; i < start.length; i++) {
            bytes[i] = (byte) start[i];
        }
        bytes[start.length] = (byte) last;
        return bytes;
    }
}
