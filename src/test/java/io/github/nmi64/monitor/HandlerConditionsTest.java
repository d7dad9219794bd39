package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Control;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What must hold while the handler runs: {@code no-user-rip-at-cpl0}, {@code kernel-gs-in-handler}, {@code handler-start}. */
class HandlerConditionsTest extends WatchedHandler {
    @ParameterizedTest(name = "RIP {0} at CPL {1}: {2} violations")
    @CsvSource({"0x400000, 0, 1", "0x400fff, 0, 1", "0x401000, 0, 0", "0x3fffff, 0, 0", "0x400000, 3, 0"})
    void user_pages_at_cpl_0(String rip, int cpl, int violations) {
        state.cpl = cpl;
        step(VICTIM, Long.decode(rip));

        assertThat(found()).hasSize(violations).allMatch("no-user-rip-at-cpl0 rip"::equals);
    }

    @ParameterizedTest(name = "RIP {0}, GS base {1}: {2} violations")
    @CsvSource({"0x3004, 0x666, 1", "0x3004, 0x7000, 0", "0x2004, 0x666, 0", "0x1004, 0x666, 0"})
    void gs_base_in_the_handler(String rip, String base, int violations) {
        state.segments.base[Segment.GS] = Long.decode(base);
        step(ENTRY, Long.decode(rip));

        assertThat(found()).hasSize(violations).allMatch("kernel-gs-in-handler gs_base"::equals);
    }

    @ParameterizedTest(name = "RFLAGS {0}, after one instruction {1}, CR4 {2}: {3}")
    @CsvSource({
        "0x402, 0x402, 0, handler-start df",
        "0x102, 0x102, 0, handler-start tf",
        "0x4002, 0x4002, 0, handler-start nt",
        "0x40002, 0x40002, 0x200000, handler-start ac",
        "0x40002, 0x40002, 0, ",
        "0x402, 0x2, 0, ",
        "0x2, 0x402, 0, ",
        "0x200ad7, 0x200ad7, 0x200000, ",
    })
    void flags_when_the_handler_begins(String before, String after, String cr4, String expected) {
        state.cr4 = Long.decode(cr4);
        beginHandler(monitor, Long.decode(before), Long.decode(after));

        assertThat(found()).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    private void beginHandler(InvariantMonitor watched, long before, long after) {
        savedRegistersOfVictim();
        state.rip = BODY;
        state.rflags = before;
        watched.beforeStep();
        state.rip = BODY + 4;
        state.rflags = after;
        core.retired++;
        watched.afterStep();
    }

    @ParameterizedTest(name = "handler-flags {0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            df           | nt ac
            nt           | df ac
            ac,df,nt,tf  |
            """)
    void a_fixture_may_allow_flags_when_the_handler_begins(String allowed, String found) {
        InvariantMonitor own = monitor("handler 0x3000 0x3010\nhandler-flags " + allowed);
        state.cr4 = Control.CR4_SMAP;
        beginHandler(own, 0x44402, 0x44402);

        assertThat(own.violations().stream().map(Violation::subject))
                .containsExactlyInAnyOrder(found == null ? new String[0] : found.split(" "));
    }
}
