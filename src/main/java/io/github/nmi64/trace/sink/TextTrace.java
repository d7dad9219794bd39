package io.github.nmi64.trace.sink;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import java.io.Writer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The trace for people: one line an instruction, with what it changed, and lines of their own for events. The column
 * {@code nmi} shows the line, the latch and blocking before the instruction as {@code P}, {@code L} and {@code B}, or
 * {@code -} where they are clear; on event lines it shows them afterwards.
 */
public final class TextTrace extends StepTrace {
    private static final String COLUMNS = "%8s %8s  %3s  %-26s  %-23s  %s";
    private static final int TEXT_WIDTH = 42;
    private static final int MOST_WRITES = 4;
    /** The disassembler's remark with the address, which is clear from the name. */
    private static final Pattern RIP_RELATIVE = Pattern.compile(" +# (?:[0-9a-f]+ )?<(.*)>");

    private static final Map<String, Long> FLAGS = flags();

    private final SymbolLookup code;
    private final SymbolLookup data;
    private boolean begun;

    /**
     * Writes to {@code writer}, which should be buffered.
     *
     * @param code names of instructions
     * @param data names of what is written
     */
    public TextTrace(Writer writer, SymbolLookup code, SymbolLookup data) {
        super(writer);
        this.code = code;
        this.data = data;
    }

    private static Map<String, Long> flags() {
        Map<String, Long> flags = new LinkedHashMap<>();
        flags.put("CF", Rflags.CF);
        flags.put("PF", Rflags.PF);
        flags.put("AF", Rflags.AF);
        flags.put("ZF", Rflags.ZF);
        flags.put("SF", Rflags.SF);
        flags.put("TF", Rflags.TF);
        flags.put("IF", Rflags.IF);
        flags.put("DF", Rflags.DF);
        flags.put("OF", Rflags.OF);
        flags.put("NT", Rflags.NT);
        flags.put("RF", Rflags.RF);
        flags.put("AC", Rflags.AC);
        return flags;
    }

    @Override
    String text(Step step, End end) {
        Instruction instruction = step.instruction();
        Step.Registers before = step.before;
        String name = place(before.rip);
        String text = RIP_RELATIVE
                .matcher(Disassembly.text(instruction, before.rip, code))
                .replaceAll(" # $1");
        String effect = effect(step, end);
        byte[] bytes = instruction.bytes();
        String line = COLUMNS.formatted(
                step.n,
                step.cycle,
                lines(before.pin, before.latched, before.blocked),
                name,
                Hex.bytes(bytes, 0, bytes.length),
                effect.isEmpty() ? text : padded(text) + "  " + effect);
        return heading() + line + "\n";
    }

    private String heading() {
        if (begun) {
            return "";
        }
        begun = true;
        return COLUMNS.formatted("step", "cycle", "nmi", "where", "bytes", padded("instruction") + "  effect") + "\n";
    }

    private static String padded(String text) {
        return text.length() >= TEXT_WIDTH ? text : text + " ".repeat(TEXT_WIDTH - text.length());
    }

    private static String lines(boolean pin, boolean latched, boolean blocked) {
        return (pin ? "P" : "-") + (latched ? "L" : "-") + (blocked ? "B" : "-");
    }

    private String effect(Step step, End end) {
        return switch (end) {
            case FAULTED -> "(faults)";
            case UNSUPPORTED -> "(not implemented)";
            case INTERRUPTED -> changes(step) + " (interrupted after " + step.iterations + " iterations)";
            case RETIRED -> changes(step);
        };
    }

    private String changes(Step step) {
        StringBuilder changes = new StringBuilder();
        for (int i = 0; i < Gpr.COUNT; i++) {
            if (step.before.gpr[i] != step.after.gpr[i]) {
                separate(changes).append(Gpr.NAMES.get(i)).append('=').append(Hex.of(step.after.gpr[i]));
            }
        }
        if (step.before.rflags != step.after.rflags) {
            separate(changes).append("rflags=").append(flags(step.after.rflags));
        }
        if (step.before.cs != step.after.cs) {
            separate(changes).append("cs=").append(Hex.of(step.after.cs));
        }
        if (step.before.ss != step.after.ss) {
            separate(changes).append("ss=").append(Hex.of(step.after.ss));
        }
        writes(step.writes, changes);
        return changes.toString();
    }

    private void writes(Writes writes, StringBuilder changes) {
        for (int i = 0; i < Math.min(writes.count(), MOST_WRITES); i++) {
            String name = Objects.requireNonNullElse(data.name(writes.address(i)), Hex.of(writes.address(i)));
            separate(changes).append('[').append(name).append("]=").append(value(writes, i));
        }
        if (writes.count() > MOST_WRITES) {
            separate(changes)
                    .append("and ")
                    .append(writes.count() - MOST_WRITES)
                    .append(" more stores");
        }
    }

    /** A quadword without leading zeros; their number tells narrower stores apart. */
    private static String value(Writes writes, int index) {
        int size = writes.size(index);
        return size == Long.BYTES ? Hex.of(writes.value(index)) : Hex.fixed(writes.value(index), size);
    }

    private static StringBuilder separate(StringBuilder changes) {
        return changes.isEmpty() ? changes : changes.append(' ');
    }

    private static String flags(long rflags) {
        List<String> set = FLAGS.entrySet().stream()
                .filter(flag -> (rflags & flag.getValue()) != 0)
                .map(Map.Entry::getKey)
                .toList();
        return Hex.of(rflags) + (set.isEmpty() ? "" : "(" + String.join(" ", set) + ")");
    }

    @Override
    String text(TraceEvent event) {
        StringBuilder lines = new StringBuilder(heading());
        String pins = lines(event.pin(), event.latched(), event.blocked());
        for (String line : told(event)) {
            lines.append("%8d %8d  %3s  ".formatted(event.n(), event.cycle(), pins))
                    .append("** ")
                    .append(line)
                    .append('\n');
        }
        return lines.toString();
    }

    private List<String> told(TraceEvent event) {
        DeliveredEvent delivered = event.delivered();
        if (delivered != null) {
            return delivery(delivered);
        }
        String where = place(event.rip());
        return List.of(
                switch (event.kind()) {
                    case ASSERT -> "NMI asserted before " + where;
                    case LATCH -> "NMI latched";
                    case MERGE -> "NMI merged with the one already latched";
                    case IRET_UNBLOCKS -> "NMIs unblocked by the IRET at " + where;
                    case WAKE -> "woken";
                    case SHUTDOWN -> "shutdown: " + event.detail();
                    default -> throw new IllegalStateException(event.kind() + " without a delivery");
                });
    }

    private List<String> delivery(DeliveredEvent delivered) {
        String what = Vector.name(delivered.vector())
                + (delivered.hasErrorCode() ? "(" + Hex.of(Integer.toUnsignedLong(delivered.errorCode())) + ")" : "");
        String stack = delivered.ist() == 0 ? "" : " on IST " + delivered.ist();
        String frame = "frame " + Hex.of(delivered.frame()) + ": rip=" + Hex.of(delivered.fromRip()) + " cs="
                + Hex.of(delivered.fromCs()) + " rflags=" + flags(delivered.fromRflags()) + " rsp="
                + Hex.of(delivered.fromRsp()) + " ss=" + Hex.of(delivered.fromSs());
        return List.of(what + " delivered" + stack + " at " + place(delivered.fromRip()), frame);
    }

    private String place(long address) {
        return Objects.requireNonNullElse(code.name(address), Hex.of(address));
    }
}
