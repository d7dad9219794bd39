package io.github.nmi64.guest;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.op.InstructionSet;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Guest code written as an assembler lists it, one instruction a line: an optional label, the bytes, and after a semicolon
 * the instruction as objdump prints it, or the beginning of that.
 *
 * <pre>
 *   start:   8e d0          ; mov %eax,%ss
 *            f3 48 a5       ; rep movsq
 * </pre>
 *
 * <p>The bytes are what runs. The text is checked against them, so that it cannot lie; text in parentheses is a remark and
 * not checked.
 */
final class Listing {
    private final long address;
    private final CodeMode mode;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Map<String, Long> labels = new LinkedHashMap<>();

    /**
     * Reads a listing that stands at an address.
     *
     * @throws IllegalArgumentException if a line's text is not what its bytes mean
     */
    Listing(long address, CodeMode mode, String text) {
        this.address = address;
        this.mode = mode;
        text.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(this::read);
    }

    private void read(String line) {
        String code = line;
        int colon = line.indexOf(':');
        if (colon >= 0 && (line.indexOf(';') < 0 || colon < line.indexOf(';'))) {
            labels.put(line.substring(0, colon), address + bytes.size());
            code = line.substring(colon + 1);
        }
        int semicolon = code.indexOf(';');
        String hex = (semicolon < 0 ? code : code.substring(0, semicolon)).replace(" ", "");
        byte[] encoded = HexFormat.of().parseHex(hex);
        if (semicolon >= 0) {
            check(line, encoded, code.substring(semicolon + 1).strip());
        }
        bytes.writeBytes(encoded);
    }

    private void check(String line, byte[] encoded, String claimed) {
        if (claimed.startsWith("(")) {
            return;
        }
        String actual = disassemble(encoded).replaceAll(" +", " ");
        if (!actual.startsWith(claimed)) {
            throw new IllegalArgumentException("'" + line + "': the bytes mean '" + actual + "'");
        }
    }

    private String disassemble(byte[] encoded) {
        try {
            Instruction instruction = Decoder.decode(InstructionSet.map(), encoded, 0, encoded.length, mode);
            return instruction.length == encoded.length
                    ? Disassembly.text(instruction, address + bytes.size(), SymbolLookup.NONE)
                    : "an instruction of " + instruction.length + " bytes";
        } catch (Fault fault) {
            return "(bad)";
        } catch (Decoder.Truncated truncated) {
            return "half an instruction";
        }
    }

    long address() {
        return address;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    Map<String, Long> labels() {
        return labels;
    }
}
