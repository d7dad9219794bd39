package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code no-lost-nmi}: every NMI is followed by a start of the handler before the program resumes. */
class NoLostNmiTest extends WatchedHandler {
    @Test
    void an_nmi_is_lost_if_the_program_resumes_and_the_handler_has_not_started() {
        nmi();
        assertThat(monitor.owesHandler()).isTrue();
        iretToVictim();

        assertThat(found()).containsExactly("no-lost-nmi nmi");
    }

    @Test
    void two_nmis_may_share_a_start_of_the_handler_if_it_is_after_both() {
        nmi();
        state.rip = ENTRY + 8;
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 80);
        memory.clear();
        savedRegistersOfVictim();
        memory.put(SAVED + 8L * 16, ENTRY + 8);
        memory.put(SAVED + 8L * 18, Rflags.FIXED);
        memory.put(SAVED + 8L * 19, NMI_TOP - 40);
        step(BODY, BODY + 4);
        step(BODY_END, BODY_END + 1);
        iretToVictim();

        assertThat(found()).isEmpty();
    }

    @Test
    void a_start_before_the_second_nmi_does_not_serve_it() {
        nmi();
        runBody();
        state.rip = BODY_END + 1;
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 80);
        iretToVictim();

        assertThat(found()).containsExactly("no-lost-nmi nmi");
    }

    @Test
    void the_return_to_an_interrupted_entry_is_not_the_time_to_judge() {
        nmi();
        state.rip = ENTRY + 8;
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 80);
        monitor.iretBegins(state, true, 0, core.retired);
        state.rip = ENTRY + 8;
        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        monitor.iretCompleted(state, 0, core.retired);

        assertThat(found()).isEmpty();
        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    private void iretFromNmiTo(long rip) {
        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        monitor.iretBegins(state, true, 0, core.retired);
        state.rip = rip;
        state.gpr[Gpr.RSP] = TASK_TOP - 80;
        monitor.iretCompleted(state, 0, core.retired);
    }

    @Test
    void an_nmi_in_a_system_call_is_lost_if_the_call_resumes_without_the_handler() {
        deliver(EventType.SOFTWARE_INTERRUPT, 0x80, 0, ENTRY + 0x80, TASK_TOP - 80);
        nmi();
        iretFromNmiTo(ENTRY + 0x80);

        assertThat(found()).containsExactly("no-lost-nmi nmi");
        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    @ParameterizedTest(name = "latched: {0}")
    @CsvSource({"true, 1", "false, 0"})
    void a_run_that_ends_in_a_system_call_is_judged(boolean latched, int lost) {
        deliver(EventType.SOFTWARE_INTERRUPT, 0x80, 0, ENTRY + 0x80, TASK_TOP - 80);
        state.interrupts.nmiLatched = latched;
        state.interrupts.nmiBlocked = true;
        monitor.ended();

        assertThat(found()).hasSize(lost);
    }

    @Test
    void a_run_that_ends_in_the_entry_of_an_nmi_is_not_judged() {
        nmi();
        state.interrupts.nmiLatched = true;
        state.interrupts.nmiBlocked = true;
        monitor.ended();

        assertThat(found()).isEmpty();
    }

    @ParameterizedTest(name = "latched {0}, blocked {1}: {2} lost")
    @CsvSource({"true, true, 1", "true, false, 0", "false, true, 0"})
    void a_latch_that_nothing_will_open_is_lost_at_the_end(boolean latched, boolean blocked, int lost) {
        state.interrupts.nmiLatched = latched;
        state.interrupts.nmiBlocked = blocked;
        monitor.ended();

        assertThat(found()).hasSize(lost);
    }
}
