package io.github.nmi64.op;

import io.github.nmi64.isa.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a row of the opcode map says about the bytes to write, read from its text independently of the decoder.
 *
 * @param mandatory 0x66, 0xf2, 0xf3 or 0
 * @param allowsPrefixes whether 66, F2 and F3 may be put in front without naming another instruction
 * @param usesVexRegister whether VEX.vvvv names a register; otherwise it must be 1111
 * @param map VEX map number, else 0
 * @param escapes bytes before the opcode byte
 * @param digit value of ModRM.reg, or -1 if it names a register
 * @param inRegister whether the low bits of the opcode name a register
 */
record RowText(
        int mandatory,
        boolean allowsPrefixes,
        boolean vex,
        boolean usesVexRegister,
        int map,
        boolean wide,
        boolean narrow,
        List<Integer> escapes,
        int opcode,
        int digit,
        boolean usesModrm,
        boolean memoryOnly,
        boolean inRegister) {
    private static final List<String> PREFIXES = List.of("66", "F2", "F3");

    static RowText of(Encoding row) {
        List<String> words = Arrays.asList(row.opcodeText().split(" "));
        String vex = words.get(0).startsWith("VEX.") ? words.get(0) : "";
        List<Integer> bytes = new ArrayList<>();
        int mandatory = vex.isEmpty() ? 0 : mandatory(vex);
        int digit = -1;
        for (String word : words) {
            if (PREFIXES.contains(word) && bytes.isEmpty() && vex.isEmpty()) {
                mandatory = Integer.parseInt(word, 16);
            } else if (word.matches("[0-9A-F]{2}(\\+r)?")) {
                bytes.add(Integer.parseInt(word.substring(0, 2), 16));
            } else if (word.matches("/[0-7]")) {
                digit = word.charAt(1) - '0';
            }
        }
        int opcode = bytes.remove(bytes.size() - 1);
        boolean memory = row.operandText().matches("(.*,)?M.*") || words.contains("mem");
        return new RowText(
                mandatory,
                mandatory == 0 && vex.isEmpty() && !words.contains("NP"),
                !vex.isEmpty(),
                row.operandText().matches("(.*,)?B.*"),
                vex.contains(".0F38") ? 2 : vex.contains(".0F3A") ? 3 : 1,
                words.contains("REX.W"),
                words.contains("W0"),
                List.copyOf(bytes),
                opcode,
                digit,
                words.stream().anyMatch(word -> word.startsWith("/"))
                        || row.operandText().matches("(.*,)?[EMRG].*"),
                memory,
                words.stream().anyMatch(word -> word.endsWith("+r")));
    }

    private static int mandatory(String vex) {
        for (String prefix : PREFIXES) {
            if (vex.contains("." + prefix)) {
                return Integer.parseInt(prefix, 16);
            }
        }
        return 0;
    }
}
