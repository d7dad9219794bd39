package io.github.nmi64.report;

import com.google.gson.stream.JsonWriter;
import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.schedule.Injection;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** The result for programs: one object on one line. Keys and their order are part of the interface. */
public final class JsonResult {
    private final RunReport report;
    private final StringWriter line = new StringWriter();
    private final JsonWriter json = new JsonWriter(line);

    private JsonResult(RunReport report) {
        this.report = report;
    }

    /** The object and a line end. */
    public static String text(RunReport report) {
        JsonResult result = new JsonResult(report);
        try {
            result.write();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result.line.append('\n').toString();
    }

    private void write() throws IOException {
        json.beginObject();
        json.name("outcome").value(report.outcome());
        json.name("exitValue");
        if (report.exitValue().isPresent()) {
            json.value(report.exitValue().getAsLong());
        } else {
            json.nullValue();
        }
        json.name("instructions").value(report.retired());
        json.name("cycles").value(report.cycles());
        registers();
        nmi();
        json.name("serial").value(report.serial());
        json.name("console").value(report.console());
        expectations();
        violations();
        rules();
        json.name("unfired").beginArray();
        for (Injection injection : report.unfired()) {
            json.value(injection.text());
        }
        json.endArray();
        json.endObject();
    }

    private void registers() throws IOException {
        json.name("registers").beginObject();
        for (String name : Gpr.NAMES) {
            json.name(name).value(Hex.of(report.register(name)));
        }
        for (String name : List.of("rip", "rflags", "cs", "ss", "cr2")) {
            json.name(name).value(Hex.of(report.register(name)));
        }
        json.endObject();
    }

    private void nmi() throws IOException {
        json.name("nmi").beginObject();
        json.name("asserted").value(report.counts().asserted());
        json.name("latched").value(report.counts().latched());
        json.name("merged").value(report.counts().merged());
        json.name("delivered").value(report.counts().delivered());
        json.name("blocked").value(report.state().interrupts.nmiBlocked);
        json.endObject();
    }

    private void expectations() throws IOException {
        json.name("expectations").beginArray();
        for (RunReport.Judged judged : report.expectations()) {
            json.beginObject();
            json.name("text").value(judged.expectation().text());
            json.name("held").value(judged.held());
            json.endObject();
        }
        json.endArray();
    }

    private void violations() throws IOException {
        SymbolLookup symbols = Names.of(report.fixture().image().symbols());
        json.name("violations").beginArray();
        for (Violation violation : report.found()) {
            json.beginObject();
            json.name("invariant").value(violation.invariant());
            json.name("step").value(violation.retired());
            json.name("rip").value(Hex.of(violation.rip()));
            json.name("symbol").value(symbols.name(violation.rip()));
            json.name("detail").value(violation.detail());
            json.endObject();
        }
        json.endArray();
    }

    private void rules() throws IOException {
        json.name("rules").beginObject();
        for (Map.Entry<String, String> rule : report.rules().byName().entrySet()) {
            json.name(rule.getKey());
            switch (rule.getValue()) {
                case "true" -> json.value(true);
                case "false" -> json.value(false);
                default -> json.value(rule.getValue());
            }
        }
        json.endObject();
    }
}
