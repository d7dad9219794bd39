package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The boundary right after an instruction that changes IF, TF or the level: who is there first. */
class ReturnBoundaryTest {

    @Test
    @DisplayName("TP-137: INT n in the shadow of STI goes first; the interrupt follows if the gate leaves IF set")
    void int_in_the_shadow_of_sti() {
        GuestProgram program = GuestProgram.kernel("""
                      fb    ; sti
                      cd 30 ; int $0x30
                next: 90    ; nop
                """);
        TestMachine trap = program.trapGate(0x30, 0).boot();
        trap.interrupt(0x40).steps(3);
        assertThat(trap.story()).containsExactly("int 0x30 at next", "interrupt 0x40 at int_0x30_handler");

        TestMachine interrupt = program.interruptGate(0x30, 0).boot();
        interrupt.interrupt(0x40).steps(4);
        assertThat(interrupt.story()).containsExactly("int 0x30 at next", "iret to next", "interrupt 0x40 at next");
    }

    @Test
    @DisplayName("TP-157: an IRET that faults under TF gives its fault alone")
    void a_faulting_iret_is_not_stepped() {
        TestMachine machine = GuestProgram.kernel("here: 48 cf ; iretq").boot();
        machine.raise(Rflags.TF).steps(2);

        assertThat(machine.story()).first().isEqualTo("#GP(0x0) at here"); // the frame is all zeros
        assertThat(machine.log().count(Vector.DB)).isZero();
        assertThat(machine.state().dr6).isEqualTo(Control.DR6_RESET);
    }

    @Test
    @DisplayName(
            "TP-160: IRET casts no shadow: an interrupt it lets through arrives before the target's first instruction")
    void iret_casts_no_shadow() {
        TestMachine machine = GuestProgram.kernel("""
                        48 cf ; iretq
                target: 90    ; nop
                """).boot();
        long rsp = GuestProgram.KERNEL_STACK - 64;
        long[] frame = {
            machine.address("target"),
            GuestProgram.KERNEL_CODE,
            Rflags.FIXED | Rflags.IF,
            GuestProgram.KERNEL_STACK,
            GuestProgram.KERNEL_DATA
        };
        for (int i = 0; i < frame.length; i++) {
            machine.store(rsp + 8 * i, frame[i]);
        }
        machine.set(Gpr.RSP, rsp).interrupt(0x40).steps(2);

        assertThat(machine.story()).containsExactly("iret to target", "interrupt 0x40 at target");
    }

    @Test
    @DisplayName("TP-189: SYSRET casts no shadow either")
    void sysret_casts_no_shadow() {
        TestMachine machine =
                GuestProgram.kernel("48 0f 07 ; (sysretq)").user("user: 90").boot();
        machine.set(Gpr.RCX, GuestProgram.USER)
                .set(Gpr.R11, Rflags.FIXED | Rflags.IF)
                .interrupt(0x40)
                .steps(2);

        assertThat(machine.story()).containsExactly("interrupt 0x40 at user");
        assertThat(machine.last().fromCs() & 3).isEqualTo(3);
    }

    @Test
    @DisplayName("TP-226: the shadows of STI and MOV SS are two facts: a rule about the one leaves the other")
    void the_two_shadows_are_two_facts() {
        Rules rules = Rules.INTEL.with("sti-shadow-holds-nmi", "false");
        TestMachine afterSti =
                GuestProgram.kernel("fb\nnext: 90\n90").rules(rules).boot();
        afterSti.step().nmi().step();
        assertThat(afterSti.story()).containsExactly("NMI at next");

        TestMachine afterMovSs =
                GuestProgram.kernel("8e d0\nnext: 90\nlater: 90").rules(rules).boot();
        afterMovSs.set(Gpr.RAX, GuestProgram.KERNEL_DATA).step().nmi().steps(2);
        assertThat(afterMovSs.story()).containsExactly("NMI at later");
    }
}
