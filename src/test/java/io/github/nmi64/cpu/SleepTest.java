package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.DF;
import static io.github.nmi64.isa.Vector.GP;
import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HLT and shutdown: docs/rules.md, C. */
class SleepTest {
    private static final String HALTS = """
            start: f4 ; hlt
            next:  90 ; nop
            again: f4 ; hlt
            end:   90 ; nop
            """;

    private static TestMachine halted() {
        TestMachine machine = GuestProgram.kernel(HALTS).boot().run();
        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
        assertThat(machine.place()).isEqualTo("next");
        return machine;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TP-042: an NMI wakes HLT whatever IF says, and execution goes on after it")
    void nmi_wakes(boolean enabled) {
        TestMachine machine = halted();
        machine.raise(enabled ? Rflags.IF : 0).nmi().run();

        assertThat(machine.story()).containsExactly("woken", "NMI at next", "iret to next");
        assertThat(machine.place()).isEqualTo("end");
        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
    }

    @Test
    @DisplayName("TP-043: INTR wakes HLT only if IF is set, and stays requested until then")
    void intr_wakes_if_enabled() {
        TestMachine machine = halted();
        machine.interrupt(0x40).run();
        assertThat(machine.story()).isEmpty();
        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);

        machine.raise(Rflags.IF).step();
        assertThat(machine.story()).containsExactly("woken", "interrupt 0x40 at next");
    }

    @Test
    @DisplayName("TP-044: HLT inside the NMI handler is not woken by an NMI, which comes after the next IRET")
    void a_blocked_nmi_does_not_wake() {
        TestMachine machine = GuestProgram.kernel(HALTS).handler(NMI, """
                        first: f4    ; hlt
                        awake: 48 cf ; iretq
                        """).boot();
        machine.nmi().run().nmi().run();

        assertThat(machine.story()).containsExactly("NMI at start");
        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
        assertThat(machine.latched()).isTrue();

        machine.raise(Rflags.IF).interrupt(0x40).steps(3);
        assertThat(machine.story())
                .containsExactly("NMI at start", "woken", "interrupt 0x40 at awake", "iret to awake", "NMI at awake");
    }

    @Test
    @DisplayName("TP-045: an NMI before HLT is taken before it; after its IRET the HLT waits")
    void nmi_before_hlt() {
        TestMachine machine = GuestProgram.kernel(HALTS).boot().nmi().run();

        assertThat(machine.story()).containsExactly("NMI at start", "iret to start");
        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
        assertThat(machine.place()).isEqualTo("next");
    }

    @Test
    @DisplayName("TP-046: HLT outside CPL 0 is #GP(0)")
    void hlt_is_privileged() {
        TestMachine machine =
                GuestProgram.kernel(HALTS).user("user: f4 ; hlt\n").boot();
        machine.enterUser().raise(Rflags.IOPL).step();

        assertThat(machine.story()).containsExactly("#GP(0x0) at user");
        assertThat(machine.state().activity).isEqualTo(Activity.ACTIVE);
    }

    @Test
    @DisplayName("TP-047: HLT with TF set: the single step ends the halt with RIP after HLT")
    void single_step_over_hlt() {
        TestMachine machine = GuestProgram.kernel(HALTS).boot();
        machine.raise(Rflags.TF).steps(2);

        assertThat(machine.story()).containsExactly("woken", "#DB at next");
        assertThat(machine.state().dr6 & Control.DR6_BS).isEqualTo(Control.DR6_BS);
    }

    private static final String STI_HLT = """
            start: fb ; sti
            halt:  f4 ; hlt
            next:  90 ; nop
            """;

    @Test
    @DisplayName("TP-048: STI; HLT lets no interrupt in between; it wakes the HLT")
    void sti_hlt_has_no_gap() {
        TestMachine machine = GuestProgram.kernel(STI_HLT).boot();
        machine.interrupt(0x40).steps(3);

        assertThat(machine.story()).containsExactly("woken", "interrupt 0x40 at next");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "TP-048: an NMI let into the shadow opens the gap: the interrupt is taken before HLT and HLT sleeps on")
    void the_lost_wake_up(boolean shadowHoldsNmi) {
        TestMachine machine = GuestProgram.kernel(STI_HLT)
                .rules(Rules.INTEL.with("sti-shadow-holds-nmi", "" + shadowHoldsNmi))
                .boot();
        machine.step().nmi().interrupt(0x40);
        if (shadowHoldsNmi) {
            machine.steps(5);
            assertThat(machine.story())
                    .containsExactly("woken", "NMI at next", "iret to next", "interrupt 0x40 at next", "iret to next");
        } else {
            machine.run();
            assertThat(machine.story())
                    .containsExactly("NMI at halt", "iret to halt", "interrupt 0x40 at halt", "iret to halt");
            assertThat(machine.place()).isEqualTo("next");
            assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
        }
    }

    /** A kernel whose first fault finds neither handler nor double-fault handler. */
    private static GuestProgram dying() {
        return GuestProgram.kernel("start: 0f 0b ; ud2\nnext:  90    ; nop\n")
                .rawGate(6, 0, 0)
                .rawGate(GP, 0, 0)
                .rawGate(DF, 0, 0);
    }

    @Test
    @DisplayName("TP-050: a triple fault shuts down; INTR does not end that, an NMI does")
    void nmi_ends_shutdown() {
        TestMachine machine = dying().boot().run();
        assertThat(machine.story()).containsExactly("shutdown");
        assertThat(machine.outcome()).isEqualTo(Outcome.SHUTDOWN);

        machine.raise(Rflags.IF).interrupt(0x40).run();
        assertThat(machine.story()).containsExactly("shutdown");

        machine.nmi().step();
        assertThat(machine.story()).hasSize(3).startsWith("shutdown", "woken");
        assertThat(machine.place()).isEqualTo("nmi_handler");
        assertThat(machine.state().activity).isEqualTo(Activity.ACTIVE);
    }

    @Test
    @DisplayName("TP-051: a shutdown inside the NMI handler is not ended by an NMI")
    void shutdown_with_nmis_blocked_is_final() {
        TestMachine machine = dying().handler(NMI, "first: 0f 0b ; ud2\n").boot();
        machine.nmi().run().nmi().run();

        assertThat(machine.story()).containsExactly("NMI at start", "shutdown");
        assertThat(machine.outcome()).isEqualTo(Outcome.SHUTDOWN);
        assertThat(machine.latched()).isTrue();
    }

    @Test
    @DisplayName("TP-054: RSM outside system-management mode is #UD and does not unblock")
    void rsm_is_undefined() {
        TestMachine machine = GuestProgram.kernel(HALTS)
                .handler(NMI, "first: 0f aa ; (rsm)\n")
                .boot();
        machine.nmi().step().nmi().step();
        assertThat(machine.story()).containsExactly("NMI at start", "#UD at first");
        assertThat(machine.blocked()).isTrue();

        machine.steps(2);
        assertThat(machine.story()).endsWith("NMI at first");
    }
}
