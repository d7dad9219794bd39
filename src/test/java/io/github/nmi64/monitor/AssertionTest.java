package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Rflags;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code assertion}: what a fixture says of registers and memory at a place. */
class AssertionTest extends WatchedHandler {
    @ParameterizedTest(name = "RAX {0} at {1}: {2} violations")
    @CsvSource({"4, 0x6000, 0", "5, 0x6000, 1", "-1, 0x6000, 1", "5, 0x6001, 0"})
    void a_fixtures_assertion_about_a_register(long rax, String rip, int violations) {
        state.gpr[Gpr.RAX] = rax;
        step(VICTIM, Long.decode(rip));

        assertThat(found()).hasSize(violations).allMatch("assertion value"::equals);
    }

    @Test
    void a_fixtures_assertion_about_memory() {
        state.gpr[Gpr.RBX] = 0x100;
        memory.put(0x108L, 7L);
        step(VICTIM, 0x6100);
        assertThat(found()).isEmpty();

        memory.put(0x108L, 8L);
        step(VICTIM, 0x6100);
        assertThat(found()).containsExactly("assertion value");

        memory.remove(0x108L);
        step(VICTIM, 0x6100);
        assertThat(found()).containsExactly("assertion value", "assertion memory");
    }

    @Test
    void an_assertion_without_a_place_holds_inside_the_window() {
        state.rip = VICTIM - 2;
        InvariantMonitor windowed = monitor("arrivals 0x1000 0x1010\nassert rax == 0\n");
        state.gpr[Gpr.RAX] = 1;
        for (long rip = VICTIM - 2; rip < VICTIM + 4; rip++) {
            windowed.beforeStep();
            state.rip = rip;
            core.retired++;
            windowed.afterStep();
        }

        assertThat(windowed.violations())
                .extracting(Violation::rip)
                .startsWith(VICTIM + 1)
                .hasSize(3);
    }

    @ParameterizedTest(name = "DF {0}: {1} violations")
    @CsvSource({"false, 0", "true, 1"})
    void an_assertion_of_one_flag_does_not_look_at_the_others(boolean direction, int violations) {
        state.rflags = Rflags.FIXED | Rflags.ZF | Rflags.IF | (direction ? Rflags.DF : 0);
        step(VICTIM, 0x6200);

        assertThat(found()).hasSize(violations).allMatch("assertion value"::equals);
    }

    @ParameterizedTest(name = "memory {0}, DR7 {1}, RCX {2}: {3}")
    @CsvSource({
        "0x1234, 0x434, 0xff, ",
        "0x1234, 0x435, 0xff, assertion value",
        "0x1234, 0x435, 0xfe, ",
        ", 0, 0, assertion memory"
    })
    void both_sides_of_an_assertion_may_have_a_mask(String quadword, String dr7, String mask, String expected) {
        state.gpr[Gpr.RBX] = 0x8000;
        state.gpr[Gpr.RCX] = Long.decode(mask);
        state.dr7 = Long.decode(dr7);
        if (quadword != null) {
            memory.put(0x8008L, Long.decode(quadword));
        }
        step(VICTIM, 0x6300);

        assertThat(found()).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void an_assertion_may_ask_for_any_register() {
        state.cr8 = 2;
        step(VICTIM, 0x6400);

        assertThat(monitor.violations()).singleElement().satisfies(violation -> assertThat(violation.detail())
                .isEqualTo("'at 0x6400 cr8 == 0' does not hold: 0x2 == 0x0"));
    }
}
