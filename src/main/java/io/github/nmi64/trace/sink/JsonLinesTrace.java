package io.github.nmi64.trace.sink;

import com.google.gson.stream.JsonWriter;
import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.trace.DeliveredEvent;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import org.jspecify.annotations.Nullable;

/**
 * The trace for programs: one JSON object a line, for each instruction that retired (or was interrupted between two
 * iterations) with the state before it, and for each event. Keys and their order are part of the interface and described in
 * {@code docs/formats.md}; what does not apply is null.
 */
public final class JsonLinesTrace extends StepTrace {
    private final SymbolLookup symbols;

    /** Writes to {@code writer}, which should be buffered; names code addresses by {@code symbols}. */
    public JsonLinesTrace(Writer writer, SymbolLookup symbols) {
        super(writer);
        this.symbols = symbols;
    }

    @Override
    String text(Step step, End end) throws IOException {
        if (end == End.FAULTED || end == End.UNSUPPORTED) {
            return "";
        }
        Instruction instruction = step.instruction();
        Step.Registers state = step.before;
        StringWriter line = new StringWriter(640);
        JsonWriter json = new JsonWriter(line);
        json.beginObject();
        json.name("n").value(step.n);
        json.name("cycle").value(step.cycle);
        json.name("rip").value(Hex.of(state.rip));
        json.name("symbol").value(symbols.name(state.rip));
        json.name("bytes").value(Hex.plain(instruction.bytes()));
        json.name("text").value(Disassembly.text(instruction, state.rip, symbols));
        registers(json, state);
        json.name("nmi").beginObject();
        json.name("pin").value(state.pin);
        json.name("latched").value(state.latched);
        json.name("blocked").value(state.blocked);
        json.endObject();
        writes(json, step.writes);
        json.endObject();
        return line.append('\n').toString();
    }

    private static void registers(JsonWriter json, Step.Registers state) throws IOException {
        json.name("rsp").value(Hex.of(state.gpr[Gpr.RSP]));
        json.name("rflags").value(Hex.of(state.rflags));
        json.name("cs").value(Hex.of(state.cs));
        json.name("ss").value(Hex.of(state.ss));
        json.name("cpl").value(state.cpl);
        for (int i = 0; i < Gpr.COUNT; i++) {
            if (i != Gpr.RSP) {
                json.name(Gpr.NAMES.get(i)).value(Hex.of(state.gpr[i]));
            }
        }
    }

    private static void writes(JsonWriter json, Writes writes) throws IOException {
        json.name("writes").beginArray();
        for (int i = 0; i < writes.count(); i++) {
            json.beginObject();
            json.name("address").value(Hex.of(writes.address(i)));
            json.name("size").value(writes.size(i));
            json.name("value").value(Hex.of(writes.value(i)));
            json.endObject();
        }
        json.endArray();
    }

    @Override
    String text(TraceEvent event) throws IOException {
        DeliveredEvent delivered = event.delivered();
        StringWriter line = new StringWriter(160);
        JsonWriter json = new JsonWriter(line);
        json.beginObject();
        json.name("n").value(event.n());
        json.name("cycle").value(event.cycle());
        json.name("event").value(event.kind().keyword());
        json.name("vector").value(vector(event));
        json.name("error")
                .value(
                        delivered == null || !delivered.hasErrorCode()
                                ? null
                                : Hex.of(Integer.toUnsignedLong(delivered.errorCode())));
        json.name("ist").value(delivered == null ? null : (Number) delivered.ist());
        json.name("from").value(Hex.of(event.rip()));
        json.name("frame").value(delivered == null ? null : Hex.of(delivered.frame()));
        json.endObject();
        return line.append('\n').toString();
    }

    private static @Nullable Number vector(TraceEvent event) {
        DeliveredEvent delivered = event.delivered();
        if (delivered != null) {
            return delivered.vector();
        }
        return switch (event.kind()) {
            case ASSERT, LATCH, MERGE -> Vector.NMI;
            default -> null;
        };
    }
}
