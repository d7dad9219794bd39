package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code no-reentry}: the handler does not start again before its end. */
class NoReentryTest extends WatchedHandler {
    @Test
    void the_handler_starts_again_before_its_end() {
        nmi();
        savedRegistersOfVictim();
        step(BODY, BODY + 4);
        step(BODY, BODY + 4);

        assertThat(found()).containsExactly("no-reentry handler");
    }

    @Test
    void the_handler_may_start_again_after_its_end() {
        nmi();
        runBody();
        runBody();

        assertThat(found()).isEmpty();
        assertThat(monitor.handlerRuns()).isEqualTo(2);
    }

    @Test
    void an_event_before_the_handlers_first_instruction_is_no_start() {
        nmi();
        state.rip = BODY;
        monitor.beforeStep();
        state.rip = ENTRY;
        monitor.afterStep(); // nothing has retired

        assertThat(monitor.owesHandler()).isTrue();
        assertThat(monitor.handlerRuns()).isZero();
    }
}
