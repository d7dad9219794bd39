package io.github.nmi64.cli;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.report.Names;
import io.github.nmi64.trace.sink.JsonLinesTrace;
import io.github.nmi64.trace.sink.StepTrace;
import io.github.nmi64.trace.sink.TextTrace;
import java.io.Writer;
import java.util.Locale;

/** How a trace is written. */
enum TraceForm {
    /** Columns for people. */
    TEXT {
        @Override
        StepTrace to(Writer writer, Fixture fixture) {
            SymbolLookup code = Names.of(fixture.image().symbols());
            return new TextTrace(writer, code, Names.withSlots(fixture));
        }
    },
    /** One JSON object a line. */
    JSONL {
        @Override
        StepTrace to(Writer writer, Fixture fixture) {
            return new JsonLinesTrace(writer, Names.of(fixture.image().symbols()));
        }
    };

    /** A trace of a run of the fixture, written to {@code writer}. */
    abstract StepTrace to(Writer writer, Fixture fixture);

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads the name of a constant. */
    static final class Words extends EnumConverter<TraceForm> {
        Words() {
            super(TraceForm.class);
        }
    }
}
