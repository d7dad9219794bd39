package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which invariants are watched, when, and what is remembered between two boundaries. */
class InvariantMonitorTest extends WatchedHandler {
    @Test
    void a_whole_nmi_breaks_nothing() {
        step(VICTIM - 1, VICTIM);
        nmi();
        runBody();
        iretToVictim();
        monitor.ended();

        assertThat(found()).isEmpty();
        assertThat(monitor.hasFound()).isFalse();
        assertThat(monitor.handlerRuns()).isEqualTo(1);
        assertThat(monitor.interruptedContexts()).isZero();
    }

    @Test
    void the_window_ends_when_the_outermost_program_reaches_its_end() {
        assertThat(monitor("arrivals 0x1000 0x1010\n").isOpen())
                .as("the run begins where the window does")
                .isTrue();
        state.rip = VICTIM - 2;
        InvariantMonitor windowed = monitor("arrivals 0x1000 0x1010\n");
        assertThat(windowed.isOpen()).isFalse();
        state.rip = VICTIM;
        windowed.afterStep();
        assertThat(windowed.isOpen()).isTrue();

        windowed.delivered(
                state, new DeliveredEvent(EventType.NMI, 2, false, 0, 3, VICTIM, 8, 0, 2, 0x10, NMI_TOP - 40), 0, 0);
        state.rip = VICTIM + 0x10;
        windowed.afterStep();
        assertThat(windowed.isOpen())
                .as("an interrupted program's end is not the end")
                .isTrue();

        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        windowed.iretBegins(state, true, 0, 0);
        windowed.iretCompleted(state, 0, 0);
        windowed.afterStep();
        assertThat(windowed.isOpen()).isFalse();
    }

    @Test
    void what_is_remembered_can_be_taken_and_put_back() {
        InvariantMonitor.Snapshot before = new InvariantMonitor.Snapshot();
        monitor.snapshot(before);
        nmi();
        iretToVictim();
        assertThat(monitor.hasFound()).isTrue();

        monitor.restore(before);

        assertThat(monitor.hasFound())
                .as("found is not part of what is remembered")
                .isFalse();
        assertThat(monitor.owesHandler()).isFalse();
        assertThat(monitor.interruptedContexts()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"frame-intact", "no-reentry", "no-lost-nmi", "no-crash", "stack-bounds", "assertion"})
    void a_fixture_that_says_nothing_is_watched_for_its_contexts_and_frames_alone(String absent) {
        assertThat(monitor("").invariants())
                .containsExactly("context-restored", "frame-overwritten")
                .doesNotContain(absent);
        assertThat(monitor.invariants()).contains(absent);
    }
}
