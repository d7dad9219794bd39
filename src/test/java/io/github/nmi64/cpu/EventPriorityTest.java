package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.DB;
import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of several events at one boundary comes first: docs/rules.md, B (SDM vol. 3, table 6-2). */
class EventPriorityTest {
    private static final long CR4_MCE = Control.CR4_MCE;

    /** What can be due at the boundary before {@code here}, in descending priority. */
    private enum Due {
        MACHINE_CHECK("#MC at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.machineCheck();
            }
        },
        SINGLE_STEP("#DB at here") {
            @Override
            void arrange(TestMachine machine) {
                // TF was set before the instruction that has just executed; see the first step.
            }
        },
        NMI("NMI at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.nmi();
            }
        },
        INTERRUPT("interrupt 0x50 at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.interrupt(0x50);
            }
        },
        CODE_BREAKPOINT("#DB at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.breakpoint(1, machine.address("here"), AddressBreakpoints.EXECUTION, 1);
            }
        },
        FETCH_FAULT("#PF(0x10) at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.withdraw(machine.address("here"), 1);
            }
        },
        DECODE_FAULT("#UD at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.bytes(machine.address("here"), "06");
            }
        },
        EXECUTION_FAULT("#DE at here") {
            @Override
            void arrange(TestMachine machine) {
                machine.set(Gpr.RBX, 0);
            }
        };

        final String story;

        Due(String story) {
            this.story = story;
        }

        abstract void arrange(TestMachine machine);
    }

    /** All pairs that can be due together; one instruction cannot fail both to decode and to execute. */
    static Stream<Arguments> pairs() {
        List<Arguments> all = new ArrayList<>();
        for (Due first : Due.values()) {
            for (Due second : Due.values()) {
                boolean together = first != Due.DECODE_FAULT || second != Due.EXECUTION_FAULT;
                if (first.ordinal() < second.ordinal() && together) {
                    all.add(arguments(first, second));
                }
            }
        }
        return all.stream();
    }

    /** The instruction before {@code here} ends a page, so that its neighbour alone can be taken away. */
    private static TestMachine beforeHere() {
        return GuestProgram.kernel("start: eb fe ; jmp\n")
                .at(0x20_1fff, CodeMode.LONG64, """
                        before: 90       ; nop
                        here:   48 f7 f3 ; div %rbx
                        after:  90       ; nop
                                90       ; nop
                        """)
                .cr4(CR4_MCE)
                .boot()
                .jumpTo("before")
                .set(Gpr.RBX, 1);
    }

    @ParameterizedTest(name = "{0} before {1}")
    @MethodSource("pairs")
    @DisplayName("TP-030: of two events at one boundary the one higher in the table comes first")
    void the_higher_priority_comes_first(Due first, Due second) {
        TestMachine machine = beforeHere();
        boolean stepping = first == Due.SINGLE_STEP || second == Due.SINGLE_STEP;
        machine.raise(Rflags.IF | (stepping ? Rflags.TF : 0)).step();
        second.arrange(machine);
        first.arrange(machine);
        machine.step();

        assertThat(machine.story()).containsExactly(first.story);
        assertThat(machine.state().dr6 & Control.DR6_BS)
                .as("BS tells a single step")
                .isEqualTo(first == Due.SINGLE_STEP ? Control.DR6_BS : 0);
        assertThat(machine.state().dr6 & 2).isEqualTo(first == Due.CODE_BREAKPOINT ? 2 : 0);
    }

    @ParameterizedTest(name = "{0} alone")
    @MethodSource("events")
    @DisplayName("TP-030: each event of the table does come when it is alone")
    void each_comes_alone(Due event) {
        TestMachine machine = beforeHere();
        machine.raise(Rflags.IF | (event == Due.SINGLE_STEP ? Rflags.TF : 0)).step();
        event.arrange(machine);
        machine.step();

        assertThat(machine.story()).containsExactly(event.story);
    }

    static Stream<Due> events() {
        return Stream.of(Due.values());
    }

    @ParameterizedTest
    @MethodSource("faults")
    @DisplayName(
            "TP-031, TP-032: an NMI before a faulting instruction comes first, with RF = 0; the fault recurs after it")
    void a_fault_is_found_again_after_the_nmi(Due fault) {
        TestMachine machine = beforeHere();
        machine.step();
        fault.arrange(machine);
        machine.nmi().steps(3);

        assertThat(machine.story()).containsExactly("NMI at here", "iret to here", fault.story);
        assertThat(machine.log().deliveries().get(0).fromRflags() & Rflags.RF).isZero();
        assertThat(machine.log().deliveries().get(1).fromRflags() & Rflags.RF)
                .isEqualTo(fault == Due.CODE_BREAKPOINT ? 0 : Rflags.RF);
    }

    static Stream<Due> faults() {
        return Stream.of(Due.CODE_BREAKPOINT, Due.FETCH_FAULT, Due.DECODE_FAULT, Due.EXECUTION_FAULT);
    }

    @Test
    @DisplayName("TP-031: an interrupt that lost stays requested")
    void interrupts_stay_pending() {
        TestMachine machine = beforeHere();
        machine.raise(Rflags.IF).step().interrupt(0x50).nmi().steps(3);

        assertThat(machine.story()).containsExactly("NMI at here", "iret to here", "interrupt 0x50 at here");
    }

    @Test
    @DisplayName("TP-033: an NMI during a faulting instruction finds the fault's frame already pushed")
    void the_fault_frame_is_first() {
        TestMachine machine = beforeHere();
        machine.set(Gpr.RBX, 0).steps(2).nmi().step();

        assertThat(machine.story()).containsExactly("#DE at here", "NMI at de_handler");
        assertThat(machine.log().deliveries().get(0).fromRflags() & Rflags.RF).isEqualTo(Rflags.RF);
        assertThat(machine.last().fromRsp())
                .isEqualTo(machine.log().deliveries().get(0).frame())
                .isEqualTo(GuestProgram.KERNEL_STACK - 40);
        assertThat(machine.last().fromRflags() & Rflags.RF).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TP-034: #DB first, then the NMI at its handler, TF gone; DR6 tells the trap once")
    void debug_trap_then_nmi(boolean watchpoint) {
        TestMachine machine = GuestProgram.kernel("""
                        start: 48 89 03 ; mov %rax,(%rbx)
                        next:  90       ; nop
                        """).boot().set(Gpr.RBX, GuestProgram.DATA);
        if (watchpoint) {
            machine.breakpoint(2, GuestProgram.DATA, AddressBreakpoints.WRITES, 8);
        } else {
            machine.raise(Rflags.TF);
        }
        machine.step().nmi().steps(4);

        assertThat(machine.story())
                .containsExactly("#DB at next", "NMI at db_handler", "iret to db_handler", "iret to next");
        assertThat(machine.log().deliveries().get(0).fromRflags() & Rflags.TF).isEqualTo(watchpoint ? 0 : Rflags.TF);
        assertThat(machine.log().deliveries().get(1).fromRflags() & Rflags.TF).isZero();
        assertThat(machine.state().dr6 & (Control.DR6_BS | 15)).isEqualTo(watchpoint ? 4 : Control.DR6_BS);
    }

    @Test
    @DisplayName("TP-035: the NMI handler is not stepped, and after it the next #DB comes after one instruction")
    void stepping_goes_on_after_the_nmi() {
        TestMachine machine = GuestProgram.kernel("""
                        start: 90 ; nop
                        one:   90 ; nop
                        two:   90 ; nop
                        three: 90 ; nop
                        """).handler(NMI, """
                                nmi: 90    ; nop
                                     90    ; nop
                                     48 cf ; iretq
                                """).boot();
        machine.raise(Rflags.TF).nmi().at("three");

        assertThat(machine.story())
                .containsExactly(
                        "NMI at start", "iret to start", "#DB at one", "iret to one", "#DB at two", "iret to two");
        assertThat(machine.log().deliveries().get(0).fromRflags() & Rflags.TF).isEqualTo(Rflags.TF);
    }

    @Test
    @DisplayName("TP-036: an NMI before a code breakpoint leaves RF clear, so that the breakpoint hits after it")
    void a_code_breakpoint_hits_after_the_nmi() {
        TestMachine machine = beforeHere();
        machine.step();
        Due.CODE_BREAKPOINT.arrange(machine);
        machine.nmi().steps(3);

        assertThat(machine.story()).containsExactly("NMI at here", "iret to here", "#DB at here");
        assertThat(machine.frame(2) & Rflags.RF).isZero();
    }

    @Test
    @DisplayName("TP-037: through a trap gate, INTR is taken at the NMI handler's first instruction")
    void a_trap_gate_lets_intr_in() {
        TestMachine machine = GuestProgram.kernel("start: 90 ; nop\nnext:  90 ; nop\n")
                .trapGate(NMI, 1)
                .boot();
        machine.raise(Rflags.IF).nmi().interrupt(0x50).steps(2);

        assertThat(machine.story()).containsExactly("NMI at start", "interrupt 0x50 at nmi_handler");
        assertThat(machine.blocked()).isTrue();
    }

    @Test
    @DisplayName("TP-037: a latched NMI and a requested interrupt both wait for the IRET: NMI, return, interrupt")
    void nmi_then_interrupt_at_the_target() {
        TestMachine machine =
                GuestProgram.kernel("start: 90 ; nop\nnext:  90 ; nop\n").boot();
        machine.raise(Rflags.IF).nmi().step().nmi().interrupt(0x50).steps(4);

        assertThat(machine.story())
                .containsExactly(
                        "NMI at start", "iret to start", "NMI at start", "iret to start", "interrupt 0x50 at start");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cd 30 ; int $0x30", "cc 90 ; (int3; nop)", "f1 90 ; (int1; nop)"})
    @DisplayName("TP-038: the frame of a software interrupt first, then the NMI at its handler")
    void software_interrupt_then_nmi(String instruction) {
        TestMachine machine =
                GuestProgram.kernel("start: " + instruction + "\n").boot();
        machine.step().nmi().step();

        assertThat(machine.story()).hasSize(2);
        assertThat(machine.story().get(1)).matches("NMI at (int_0x30|bp|db)_handler");
        assertThat(machine.last().fromRsp()).isEqualTo(GuestProgram.KERNEL_STACK - 40);
    }

    @Test
    @DisplayName("TP-040: #MC outranks the NMI, which comes at its handler")
    void machine_check_then_nmi() {
        TestMachine machine = beforeHere();
        machine.step().nmi().machineCheck().steps(2);

        assertThat(machine.story()).containsExactly("#MC at here", "NMI at mc_handler");
    }

    @Test
    @DisplayName("TP-041: stepping over the unblocking IRET: #DB at its target, then the NMI at the #DB handler")
    void stepping_over_the_unblocking_iret() {
        TestMachine machine = GuestProgram.kernel("start: 90 ; nop\n")
                .handler(NMI, "first: 90    ; nop\nleave: 48 cf ; iretq\n")
                .boot();
        machine.nmi().at("leave").nmi().raise(Rflags.TF).steps(3);

        assertThat(machine.story())
                .containsExactly("NMI at start", "iret to start", "#DB at start", "NMI at db_handler");
        assertThat(machine.log().count(DB)).isEqualTo(1);
        assertThat(machine.log().deliveries().get(1).fromRflags() & Rflags.TF).isZero();
    }
}
