package io.github.nmi64.timing;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The cost model {@code table}: a base per mnemonic, plus a load or a store for each memory access, plus a surcharge for
 * LOCK. The figures and their sources stand in the resource {@code costs.txt} beside this class. Immutable.
 */
public final class TableCosts implements CostModel {
    private static final String RESOURCE = "costs.txt";

    private final Map<String, CostRow> rows;
    private final int load;
    private final int store;
    private final int lock;
    private final int delivery;
    private final int stackSwitch;

    /** @param parameters by ordinal of {@link CostParameter} */
    TableCosts(Map<String, CostRow> rows, int[] parameters) {
        this.rows = Map.copyOf(rows);
        this.load = parameters[CostParameter.LOAD.ordinal()];
        this.store = parameters[CostParameter.STORE.ordinal()];
        this.lock = parameters[CostParameter.LOCK.ordinal()];
        this.delivery = parameters[CostParameter.DELIVERY.ordinal()];
        this.stackSwitch = parameters[CostParameter.STACK_SWITCH.ordinal()];
    }

    /** The bundled table, read once. */
    public static TableCosts bundled() {
        return Bundled.TABLE;
    }

    /**
     * A table from its text.
     *
     * @param source where the text comes from, for messages
     * @throws CostTableException if a line is malformed, a mnemonic stands in two rows, or a parameter is missing
     */
    public static TableCosts parse(String source, String text) {
        return new CostTableReader(source).read(text);
    }

    private static final class Bundled {
        static final TableCosts TABLE = read();

        private static TableCosts read() {
            try (InputStream in = TableCosts.class.getResourceAsStream(RESOURCE)) {
                return parse(RESOURCE, new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read the bundled " + RESOURCE, e);
            }
        }
    }

    /** Names of all rows: mnemonics, and mnemonics with {@code :control}, {@code :debug} or {@code :segment}. */
    public Set<String> rows() {
        return rows.keySet();
    }

    /** @throws IllegalStateException if the table has no row for the mnemonic */
    @Override
    public int instruction(Instruction instruction) {
        CostRow row = row(instruction);
        int cycles = row.base() + row.loads() * load + row.stores() * store;
        if (isMemory(instruction.operand0)) {
            cycles += (row.reads(true) ? load : 0) + (row.writes() ? store : 0);
            cycles += instruction.has(Instruction.LOCK) || row.explicit() == CostRow.EXCHANGED ? lock : 0;
        } else if (instruction.hasMemoryOperand() && row.reads(false)) {
            cycles += load;
        }
        return cycles;
    }

    @Override
    public int delivery(boolean stackSwitch) {
        return Math.max(1, delivery + (stackSwitch ? this.stackSwitch : 0));
    }

    private CostRow row(Instruction instruction) {
        String mnemonic = instruction.opcode.mnemonic();
        CostRow row = rows.get(mnemonic + form(instruction));
        if (row == null) {
            row = rows.get(mnemonic);
        }
        if (row == null) {
            throw new IllegalStateException("the cost table has no row for " + mnemonic);
        }
        return row;
    }

    private static String form(Instruction instruction) {
        return form(instruction.operand0) + form(instruction.operand1);
    }

    private static String form(int operand) {
        return switch (Operand.kind(operand)) {
            case Operand.CONTROL -> ":control";
            case Operand.DEBUG -> ":debug";
            case Operand.SEGMENT -> ":segment";
            default -> "";
        };
    }

    private static boolean isMemory(int operand) {
        return Operand.kind(operand) == Operand.MEMORY;
    }

    @Override
    public String toString() {
        return "table";
    }
}
