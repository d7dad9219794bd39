package io.github.nmi64.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A fault while an event is being delivered: what becomes of the event, and what the fault's frame shows. */
class NestedFaultTest {
    private static final String CODE = """
            start: 90 ; nop
            here:  90 ; nop
            next:  90 ; nop
                   90 ; nop
            """;

    @Test
    @DisplayName("TP-113, TP-114, TP-115: an NMI whose delivery faults is lost, and NMIs are blocked until the IRET")
    void a_faulting_nmi_is_lost_and_blocks() {
        TestMachine machine = GuestProgram.kernel(CODE).boot();
        machine.withdraw(GuestProgram.istTop(1) - 8, 1);
        machine.step().nmi().step();

        assertThat(machine.story()).containsExactly("#PF(0x2) at here");
        assertThat(machine.latched()).isFalse();
        assertThat(machine.blocked()).isTrue();

        machine.grant(GuestProgram.istTop(1) - 8, 1).nmi().step();
        assertThat(machine.log().count(Vector.NMI))
                .as("held in the fault's handler")
                .isZero();
        machine.at("here"); // the handler's IRET
        assertThat(machine.blocked()).isFalse();
        machine.step();
        assertThat(machine.story())
                .as("the second NMI arrives at the IRET's target, the first never")
                .containsExactly("#PF(0x2) at here", "iret to here", "NMI at here");
        machine.at("here").at("next");
        assertThat(machine.log().count(Vector.NMI)).isOne();
    }

    @Test
    @DisplayName("TP-082: the IDT's limit must cover the gate's last byte")
    void the_limit_must_cover_the_whole_gate() {
        for (int missing = 0; missing < 2; missing++) {
            TestMachine machine = GuestProgram.kernel("here: cd 30").boot();
            machine.state().idtLimit = 0x30 * 16 + 15 - missing;

            machine.step();

            assertThat(machine.story()).containsExactly(missing == 0 ? "int 0x30 at here+2" : "#GP(0x182) at here");
        }
    }

    @Test
    @DisplayName("TP-082: limit 0x1f delivers vector 1, but an NMI needs a #GP that has no gate either")
    void an_nmi_beyond_the_limit_shuts_down() {
        TestMachine machine = GuestProgram.kernel("f1 90").boot();
        machine.state().idtLimit = 0x1f;

        machine.step();
        assertThat(machine.story()).containsExactly("int1 at 0x200001");
        machine.nmi().run();
        assertThat(machine.story()).last().isEqualTo("shutdown");
    }

    @Test
    @DisplayName("TP-118: INT n whose delivery faults is executed again after the handler's IRET")
    void a_faulting_int_is_executed_again() {
        TestMachine machine = GuestProgram.kernel("here: cd 30\nnext: 90")
                .interruptGate(0x30, 5)
                .boot();
        machine.withdraw(GuestProgram.istTop(5) - 8, 1).step();
        assertThat(machine.story()).containsExactly("#PF(0x2) at here");

        machine.grant(GuestProgram.istTop(5) - 8, 1).at("next");

        assertThat(machine.story())
                .containsExactly("#PF(0x2) at here", "iret to here", "int 0x30 at next", "iret to next");
    }

    @Test
    @DisplayName("TP-119: #DE whose gate is not mapped becomes #PF at the division; #NP then #PF likewise")
    void a_serial_fault_has_the_rip_of_the_first() {
        TestMachine machine = GuestProgram.kernel("90\nhere: 48 f7 f1").boot();
        lowVectorsOnAnotherPage(machine).withdraw(GuestProgram.DATA, 1).step().step();
        assertThat(machine.story()).containsExactly("#PF(0x0) at here");
        assertThat(machine.state().cr2).isEqualTo(GuestProgram.DATA + 0xf90);

        TestMachine second = GuestProgram.kernel("here: cd 30")
                .interruptGate(Vector.NP, 5)
                .rawGate(0x30, 0x0e00_0000_0000L, 0)
                .boot();
        second.withdraw(GuestProgram.istTop(5) - 8, 1).step();
        assertThat(second.story()).containsExactly("#PF(0x2) at here");
    }

    @Test
    @DisplayName("TP-213, TP-117: an NMI whose gate is not mapped is a supervisor read of the gate, also at CPL 3")
    void an_unmapped_idt_faults_as_a_supervisor_read() {
        TestMachine machine =
                GuestProgram.kernel("90").user("user: 90\n90").boot().enterUser();
        lowVectorsOnAnotherPage(machine).withdraw(GuestProgram.DATA, 1);

        machine.nmi().step();

        assertThat(machine.story()).containsExactly("#PF(0x0) at user");
        assertThat(machine.state().cr2).isEqualTo(GuestProgram.DATA + 0xfb0);
    }

    /** Moves the IDT so that vectors 0 to 6 are at the end of a page of data and all others in the next page. */
    private static TestMachine lowVectorsOnAnotherPage(TestMachine machine) {
        long base = GuestProgram.DATA + 0x1000 - 7 * 16;
        for (int i = 0; i < 32 * 16; i += 8) {
            machine.store(base + i, machine.load(machine.state().idtBase + i));
        }
        machine.state().idtBase = base;
        machine.state().idtLimit = 32 * 16 - 1;
        return machine;
    }

    @Test
    @DisplayName("TP-120, TP-122: a #DB trap whose delivery faults is lost, but DR6 shows it; the RIP is the next one")
    void a_faulting_debug_trap_is_lost_but_recorded() {
        TestMachine machine =
                GuestProgram.kernel(CODE).interruptGate(Vector.DB, 5).boot();
        machine.withdraw(GuestProgram.istTop(5) - 8, 1).raise(Rflags.TF).steps(2);

        assertThat(machine.story()).containsExactly("#PF(0x2) at here");
        assertThat(machine.state().dr6).isEqualTo(Control.DR6_RESET | Control.DR6_BS);
        assertThat(machine.frame(2) & Rflags.TF).isEqualTo(Rflags.TF);
    }

    @Test
    @DisplayName("TP-120: INT3 whose delivery faults is reported at the INT3 itself")
    void a_faulting_int3_is_reported_at_itself() {
        TestMachine machine = GuestProgram.kernel("here: cc\nnext: 90")
                .interruptGate(Vector.BP, 5)
                .boot();

        machine.withdraw(GuestProgram.istTop(5) - 8, 1).step();

        assertThat(machine.story()).containsExactly("#PF(0x2) at here");
    }

    @Test
    @DisplayName("TP-121: an interrupt whose delivery faults has been acknowledged and does not come back")
    void a_faulting_interrupt_is_lost() {
        TestMachine machine = GuestProgram.kernel(CODE).interruptGate(0x40, 5).boot();
        machine.withdraw(GuestProgram.istTop(5) - 8, 1)
                .raise(Rflags.IF)
                .interrupt(0x40)
                .step();
        machine.grant(GuestProgram.istTop(5) - 8, 1).at("next");

        assertThat(machine.story()).containsExactly("#PF(0x2) at start", "iret to start");
        assertThat(machine.state().interrupts.requested()).isFalse();
    }

    @Test
    @DisplayName(
            "TP-122, TP-123: a push to an unmapped stack ends in #DF on its own stack, with the second address in CR2")
    void a_broken_stack_ends_in_a_double_fault_on_its_ist() {
        TestMachine machine = GuestProgram.kernel("here: 50").boot();
        machine.set(Gpr.RSP, GuestProgram.DATA + 0x10)
                .withdraw(GuestProgram.DATA, 1)
                .step();

        assertThat(machine.story()).containsExactly("#DF(0x0) at here");
        assertThat(machine.state().cr2)
                .as("the frame's first push, not the PUSH")
                .isEqualTo(GuestProgram.DATA + 8);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.istTop(2) - 48);
        assertThat(machine.last().fromRsp()).isEqualTo(GuestProgram.DATA + 0x10);
    }

    @Test
    @DisplayName("TP-122: CR2 holds the last page fault even if it ended in shutdown")
    void cr2_shows_the_fault_that_shut_down() {
        TestMachine machine = GuestProgram.kernel("here: 50").boot();
        machine.set(Gpr.RSP, GuestProgram.DATA + 0x10)
                .withdraw(GuestProgram.DATA, 1)
                .withdraw(GuestProgram.istTop(2) - 8, 1)
                .run();

        assertThat(machine.story()).containsExactly("shutdown");
        assertThat(machine.state().cr2).isEqualTo(GuestProgram.istTop(2) - 8);
    }

    @ParameterizedTest(name = "{0}, NMI {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    0f 0b | false | #UD
                    90    | true  | #GP(0x13) while delivering NMI
                    """)
    @DisplayName("TP-129: the cause of a shutdown names the fault that began it and the one that ended it")
    void a_shutdown_names_its_cause(String code, boolean nmi, String first) {
        TestMachine machine = GuestProgram.kernel("start: " + code)
                .rawGate(Vector.UD, 0, 0)
                .rawGate(Vector.NMI, 0, 0)
                .rawGate(Vector.GP, 0, 0)
                .rawGate(Vector.DF, 0, 0)
                .boot();
        List<String> causes = new ArrayList<>();
        machine.machine().cpu().sink(new TraceSink() {
            @Override
            public void shutdown(CpuState state, String cause, long cycle, long retired) {
                causes.add(cause);
            }
        });
        if (nmi) {
            machine.nmi();
        }
        machine.step();

        assertThat(causes).containsExactly("triple fault: " + first + ", in the end #GP(0x43) while delivering #DF");
    }
}
