package io.github.nmi64.isa;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * All rows of one vendor's processors, found by opcode map and byte. Immutable; built once from the instruction set. Refuses rows that could both
 * claim an encoding unless one is a special case of the other (as PAUSE is of NOP).
 */
public final class OpcodeMap {
    private static final int MAPS = 2 * Encoding.VEX_MAPS;

    /** One encoding with the opcode it belongs to. */
    record Row(Opcode opcode, Encoding encoding) {}

    private final Row[][][] rows = new Row[MAPS][256][];
    private final Vendor vendor;

    /** @throws IllegalArgumentException naming both rows if two rows clash */
    public OpcodeMap(Iterable<? extends Opcode> opcodes, Vendor vendor) {
        this.vendor = vendor;
        List<List<Row>> cells = new ArrayList<>();
        for (int i = 0; i < MAPS * 256; i++) {
            cells.add(new ArrayList<>());
        }
        for (Opcode opcode : opcodes) {
            for (Encoding encoding : opcode.encodings()) {
                for (int i = 0; i < encoding.span() && encoding.belongsTo(vendor); i++) {
                    add(cells.get(encoding.map() * 256 + encoding.opcode() + i), new Row(opcode, encoding));
                }
            }
        }
        for (int i = 0; i < cells.size(); i++) {
            List<Row> cell = cells.get(i);
            cell.sort(Comparator.comparingInt(row -> Long.bitCount(row.encoding.mask())));
            rows[i / 256][i % 256] = cell.toArray(new Row[0]);
        }
    }

    private static void add(List<Row> cell, Row row) {
        for (Row other : cell) {
            long a = row.encoding.mask();
            long b = other.encoding.mask();
            boolean specialCase = a != b && ((a & b) == a || (a & b) == b);
            if (Facts.overlap(a, b) && !specialCase) {
                throw new IllegalArgumentException("rows clash: " + describe(row) + " and " + describe(other));
            }
            if (row.encoding.modrm() != other.encoding.modrm()) {
                throw new IllegalArgumentException(
                        "rows disagree about ModRM: " + describe(row) + " and " + describe(other));
            }
        }
        cell.add(row);
    }

    private static String describe(Row row) {
        return row.opcode.mnemonic() + " (" + row.encoding + ")";
    }

    /** Whose rows these are. */
    Vendor vendor() {
        return vendor;
    }

    /** Rows for an opcode byte, most specific first; empty if the byte is undefined. */
    Row[] rows(int map, int opcode) {
        return rows[map][opcode];
    }
}
