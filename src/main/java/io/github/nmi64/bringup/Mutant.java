package io.github.nmi64.bringup;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.op.InstructionSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A defect of one instruction: it is left out, its condition is turned around, a stack displacement is off by one word, a 1 is a
 * 0.
 *
 * @param address of the instruction, linear
 * @param change what was done, such as {@code without swapgs}
 * @param code what is at the address now, two hexadecimal digits a byte
 */
public record Mutant(long address, String change, String code) {
    private static final int NOP = 0x90;
    private static final int WORD = 8;

    /** The bytes that are at the address now. */
    public byte[] bytes() {
        return HexFormat.of().parseHex(code);
    }

    /** What makes a mutant of an instruction's bytes. */
    private static final class Source {
        final long address;
        final String text;
        final byte[] bytes;

        Source(long address, String text, byte[] bytes) {
            this.address = address;
            this.text = text;
            this.bytes = bytes;
        }

        Mutant with(String change, int at, int value) {
            byte[] changed = bytes.clone();
            changed[at] = (byte) value;
            return new Mutant(address, mnemonic() + change, HexFormat.of().formatHex(changed));
        }

        String mnemonic() {
            return text.split(" ", 2)[0];
        }
    }

    /**
     * All defects of a stretch of code. What pads it, NOP and INT3, has none.
     *
     * @param address of its first byte
     */
    public static List<Mutant> of(byte[] code, long address) {
        List<Mutant> mutants = new ArrayList<>();
        int length;
        for (int at = 0; at < code.length; at += length) {
            try {
                Instruction instruction = Decoder.decode(InstructionSet.map(), code, at, code.length, CodeMode.LONG64);
                length = instruction.length;
                String text = Disassembly.text(instruction, address + at, SymbolLookup.NONE)
                        .strip();
                add(mutants, new Source(address + at, text, Arrays.copyOfRange(code, at, at + length)));
            } catch (Fault | Decoder.Truncated notAnInstruction) {
                length = 1;
            }
        }
        return mutants;
    }

    private static void add(List<Mutant> mutants, Source source) {
        String text = source.text;
        byte[] bytes = source.bytes;
        if (source.mnemonic().startsWith("nop") || text.startsWith("int3")) {
            return;
        }
        byte[] gone = bytes.clone();
        Arrays.fill(gone, (byte) NOP);
        mutants.add(new Mutant(
                source.address, "without " + source.mnemonic(), HexFormat.of().formatHex(gone)));
        int opcode = bytes[0] & 0xff;
        if (opcode >= 0x70 && opcode < 0x80) {
            mutants.add(source.with(" turned around", 0, opcode ^ 1));
        }
        if (opcode == 0x0f && (bytes[1] & 0xf0) == 0x80) {
            mutants.add(source.with(" turned around", 1, bytes[1] ^ 1));
        }
        int last = bytes.length - 1;
        if (text.contains("(%rsp)") && !text.startsWith("mov") && last > 0 && bytes[last - 1] == 0x24) {
            mutants.add(source.with(" one word further", last, bytes[last] + WORD));
        }
        if (text.contains("$0x1,") || text.equals("push   $0x1")) {
            int immediate = bytes[last] == 1 ? last : last - 3; // of one byte or four
            mutants.add(source.with(" with 0", immediate, 0));
        }
    }
}
