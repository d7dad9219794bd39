package io.github.nmi64.report;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.OpcodeMap;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.op.InstructionSet;
import java.util.Optional;
import java.util.function.Consumer;

/** Prints code as objdump does: seven bytes a line, a heading at each symbol. */
public final class Listing {
    private static final int BYTES_A_LINE = 7;

    private final SymbolTable table;
    private final SymbolLookup symbols;
    private final Consumer<String> out;
    private final OpcodeMap opcodes;
    private int width = 16;

    /** @param vendor whose processor reads the code */
    public Listing(SymbolTable table, Consumer<String> out, Vendor vendor) {
        this.opcodes = InstructionSet.map(vendor);
        this.table = table;
        this.symbols = Names.of(table);
        this.out = out;
    }

    /** Prints one range, all of it as 64-bit code. */
    public void of(CodeRange range) {
        of(range.address(), range.code());
    }

    /** Prints bytes as the 64-bit code that begins at an address. */
    public void of(long start, byte[] code) {
        width = width(start + code.length);
        int at = 0;
        while (at < code.length) {
            long address = start + at;
            labelAt(address);
            int end = Math.min(code.length, nextLabel(start, at, code.length));
            at += instruction(code, at, end, address);
        }
    }

    /** Leading zeros of the highest address are left out in groups of four, as objdump does. */
    private static int width(long end) {
        return 16 - Long.numberOfLeadingZeros(end) / 16 * 4;
    }

    private void labelAt(long address) {
        Optional<SymbolTable.Place> place = table.nearest(address);
        if (place.isPresent() && place.get().offset() == 0) {
            out.accept("\n" + Hex.fixed(address, 8).substring(2) + " <"
                    + place.get().text() + ">:\n");
        }
    }

    /** An instruction ends where the next symbol begins: bytes before it are data or padding. */
    private int nextLabel(long start, int at, int length) {
        for (int next = at + 1; next < Math.min(length, at + Decoder.MAX_LENGTH); next++) {
            Optional<SymbolTable.Place> place = table.nearest(start + next);
            if (place.isPresent() && place.get().offset() == 0) {
                return next;
            }
        }
        return length;
    }

    private int instruction(byte[] code, int at, int end, long address) {
        int length = 1;
        String text = "(bad)";
        try {
            Instruction instruction = Decoder.decode(opcodes, code, at, end, CodeMode.LONG64);
            length = instruction.length;
            text = Disassembly.text(instruction, address, symbols);
        } catch (Fault | Decoder.Truncated notAnInstruction) {
            // one byte that does not begin an instruction
        }
        for (int done = 0; done < length; done += BYTES_A_LINE) {
            int to = Math.min(length, done + BYTES_A_LINE);
            String bytes = Hex.bytes(code, at + done, at + to) + " ";
            String prefix = ("%" + width + "s:\t").formatted(Long.toHexString(address + done));
            out.accept(done == 0 ? "%s%-21s\t%s%n".formatted(prefix, bytes, text) : prefix + bytes + "\n");
        }
        return length;
    }
}
