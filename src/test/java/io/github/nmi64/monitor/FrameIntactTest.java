package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code frame-intact}: what the entry saved is what was interrupted, from the start of the handler to its end. */
class FrameIntactTest extends WatchedHandler {
    @ParameterizedTest(name = "quadword {0}: {1}")
    @CsvSource({"0, r15", "5, rbx", "10, rax", "14, rdi", "16, rip", "17, cs", "18, rflags", "19, rsp", "20, ss"})
    void saved_registers_that_differ_when_the_handler_starts_are_named(int quadword, String register) {
        nmi();
        savedRegistersOfVictim();
        memory.merge(SAVED + 8L * quadword, 0x40L, Long::sum);
        step(BODY, BODY + 4);

        assertThat(found()).containsExactly("frame-intact " + register);
    }

    @Test
    void saved_registers_that_change_in_the_handler_are_named() {
        nmi();
        savedRegistersOfVictim();
        step(BODY, BODY + 4);
        assertThat(found()).isEmpty();
        memory.put(SAVED + 8L * 16, 0x1234L);
        state.gpr[Gpr.RDI] = 0; // the handler may use the register that pointed to them
        step(BODY_END, BODY_END + 1);

        assertThat(found()).containsExactly("frame-intact rip");
    }

    @Test
    void the_original_rax_and_rf_do_not_count_in_saved_registers() {
        nmi();
        savedRegistersOfVictim();
        memory.put(SAVED + 8L * 15, 0x1234L);
        memory.merge(SAVED + 8L * 18, Rflags.RF, Long::sum);
        step(BODY, BODY + 4);

        assertThat(found()).isEmpty();
    }

    @Test
    void saved_registers_must_be_mapped() {
        nmi();
        state.gpr[Gpr.RDI] = 0xdead_0000L;
        step(BODY, BODY + 4);

        assertThat(monitor.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.invariant()).isEqualTo("frame-intact");
            assertThat(violation.detail()).contains("not mapped");
        });
    }
}
