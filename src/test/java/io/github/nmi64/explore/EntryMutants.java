package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.op.InstructionSet;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One-instruction defects of a fixture's NMI entry, made in the bytes of its image: an instruction left out, a condition
 * turned around, a stack displacement off by one word, a 1 that is 0.
 */
final class EntryMutants {
    private static final int NOP = 0x90;

    /** A defect: where, what, and the fixture that has it. */
    record Mutant(String place, String change, Fixture fixture) {
        @Override
        public String toString() {
            return place + ": " + change;
        }
    }

    private final String name;
    private final byte[] file;
    private final ElfImage image;
    private final List<Mutant> mutants = new ArrayList<>();

    private EntryMutants(String name) throws IOException {
        this.name = name;
        try (InputStream stream = ElfImage.class.getResourceAsStream("/io/github/nmi64/fixtures/" + name + ".elf")) {
            file = Objects.requireNonNull(stream, name).readAllBytes();
        }
        image = ElfImage.read(name, file);
    }

    /** All defects of the code from one symbol up to another. */
    static List<Mutant> of(String fixture, String from, String to) throws IOException {
        EntryMutants made = new EntryMutants(fixture);
        made.between(made.image.symbols().resolve(from), made.image.symbols().resolve(to));
        return made.mutants;
    }

    private void between(long from, long to) {
        CodeRange range = image.codeRanges().stream()
                .filter(r -> from - r.address() >= 0 && from - r.address() < r.code().length)
                .findFirst()
                .orElseThrow();
        int start = indexOf(range.code());
        for (long at = from; at != to; ) {
            int index = (int) (at - range.address());
            Instruction instruction = decode(range.code(), index);
            mutate(at, start + index, instruction);
            at += instruction.length;
        }
    }

    private static Instruction decode(byte[] code, int index) {
        return Decoder.decode(InstructionSet.map(), code, index, code.length, CodeMode.LONG64);
    }

    private int indexOf(byte[] code) {
        for (int at = 0; at + code.length <= file.length; at++) {
            if (Arrays.equals(file, at, at + code.length, code, 0, code.length)) {
                return at;
            }
        }
        throw new AssertionError("the code of " + name + " is not in its file");
    }

    private void mutate(long address, int at, Instruction instruction) {
        String text = Disassembly.text(instruction, address, SymbolLookup.NONE).strip();
        byte[] gone = file.clone();
        Arrays.fill(gone, at, at + instruction.length, (byte) NOP);
        String mnemonic = text.split(" ")[0];
        add(address, "without " + mnemonic, gone);
        int opcode = file[at] & 0xff;
        if (opcode >= 0x70 && opcode < 0x80) {
            add(address, mnemonic + " turned around", with(at, opcode ^ 1));
        }
        if (opcode == 0x0f && (file[at + 1] & 0xf0) == 0x80) {
            add(address, mnemonic + " turned around", with(at + 1, file[at + 1] ^ 1));
        }
        int last = at + instruction.length - 1;
        if (text.contains("(%rsp)") && !text.startsWith("mov") && file[last - 1] == 0x24) {
            add(address, mnemonic + " one word further", with(last, file[last] + 8));
        }
        if (text.contains("$0x1,") || text.equals("push   $0x1")) {
            int immediate = text.startsWith("movq") ? last - 3 : last;
            add(address, mnemonic + " with 0", with(immediate, 0));
        }
    }

    private byte[] with(int at, int value) {
        byte[] changed = file.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private void add(long address, String change, byte[] bytes) {
        String place = image.symbols().nearest(address).orElseThrow().text();
        mutants.add(new Mutant(place, change, Fixture.of(ElfImage.read(name, bytes))));
    }
}
