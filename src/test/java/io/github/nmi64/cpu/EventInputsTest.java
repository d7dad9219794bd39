package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The event inputs: what an edge, a pulse and a request are, and that each is seen at the very next boundary. */
class EventInputsTest {
    private static final String SLED = """
            start: 90 ; nop
            one:   90 ; nop
            two:   90 ; nop
            three: 90 ; nop
            """;

    private final TestMachine machine = GuestProgram.kernel(SLED).boot();
    private final EventInputs inputs = machine.machine().cpu().inputs();

    private boolean line() {
        return machine.state().interrupts.nmiLine;
    }

    // ---- the NMI line

    @Test
    @DisplayName(
            "TP-004: a line that is driven high stays high over boundaries until it is driven low, and is one edge")
    void a_driven_line_stays() {
        machine.nmiLine(true).steps(3);
        assertThat(line()).isTrue();
        assertThat(machine.story()).containsExactly("NMI at start", "iret to start");

        machine.nmiLine(true).steps(2);
        assertThat(machine.log().count(Vector.NMI)).isOne();

        machine.nmiLine(false);
        assertThat(line()).isFalse();
        assertThat(machine.latched()).isFalse();
    }

    @Test
    @DisplayName("TP-004: a pulse falls at the next boundary, so that the next pulse is an edge again")
    void a_pulse_falls_at_the_boundary() {
        machine.nmi();
        assertThat(line()).isTrue();

        machine.step();
        assertThat(line()).isFalse();
        machine.steps(2).nmi().step();
        assertThat(machine.log().count(Vector.NMI)).isEqualTo(2);
    }

    @Test
    @DisplayName("TP-004, TP-007: a pulse on a line that is high lets it fall first: a second edge, which merges")
    void a_pulse_on_a_high_line_is_an_edge() {
        machine.nmiLine(true).nmi();

        assertThat(machine.story()).containsExactly("merged");
        assertThat(line()).isTrue();
        machine.step();
        assertThat(line()).as("the pulse has ended").isFalse();
    }

    @Test
    @DisplayName("TP-004: driving the line ends a pulse: the boundary then leaves the line alone")
    void driving_the_line_ends_a_pulse() {
        machine.nmi().nmiLine(true).step();

        assertThat(line()).isTrue();
        assertThat(machine.story()).as("no second edge").containsExactly("NMI at start");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TP-004: an edge that is over before the boundary is in the latch alone and leaves the line as it is")
    void an_edge_leaves_the_line(boolean high) {
        machine.nmiLine(high).steps(3);
        machine.log().clear();

        inputs.latchNmi();
        assertThat(line()).isEqualTo(high);
        assertThat(machine.latched()).isTrue();
        machine.step();
        assertThat(machine.story()).singleElement().asString().startsWith("NMI at ");
    }

    @Test
    @DisplayName("TP-006, TP-007: the sink is told of each edge, and whether it was latched or merged")
    void each_edge_is_told() {
        machine.nmi().nmi();

        assertThat(machine.log().exact())
                .extracting(line -> line.substring(0, line.indexOf(' ')))
                .containsExactly("asserted", "latched", "asserted", "merged");
    }

    // ---- maskable interrupts

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 15, 256, Integer.MAX_VALUE})
    @DisplayName("TP-019: the vector of an interrupt is 16 to 255 (SDM vol. 3, 10.5.2)")
    void vectors_that_no_interrupt_has(int vector) {
        assertThatThrownBy(() -> inputs.interrupt(vector))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("interrupt vector " + vector + " is not in 16..255");
        assertThat(machine.state().interrupts.requested()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 255})
    @DisplayName("TP-019: those at both ends of the range are taken")
    void vectors_that_interrupts_have(int vector) {
        machine.raise(Rflags.IF).interrupt(vector).step();

        assertThat(machine.last().vector()).isEqualTo(vector);
        assertThat(machine.state().interrupts.requested()).as("acknowledged").isFalse();
    }

    // ---- events of a debugger or an explorer

    @Test
    @DisplayName("TP-030: a planted breakpoint is #BP with RIP of the instruction it stands for, once")
    void a_planted_breakpoint() {
        machine.step();
        inputs.injectInt3();
        machine.steps(3);

        assertThat(machine.story()).containsExactly("#BP at one", "iret to one");
        assertThat(machine.place()).isEqualTo("two");
        assertThat(machine.frame(2) & Rflags.RF).as("a trap").isZero();
    }

    @Test
    @DisplayName("TP-030: being a part of an instruction it comes behind all other events and their handlers")
    void a_planted_breakpoint_comes_last() {
        machine.raise(Rflags.IF).nmi().interrupt(0x40);
        inputs.injectInt3();
        inputs.debugTrap();
        machine.steps(8);

        assertThat(machine.story())
                .containsExactly(
                        "#DB at start",
                        "NMI at db_handler",
                        "iret to db_handler",
                        "iret to start",
                        "interrupt 0x40 at start",
                        "iret to start",
                        "#BP at start",
                        "iret to start");
    }

    @Test
    @DisplayName("TP-042: a planted breakpoint does not wake HLT: no instruction executes that it could stand for")
    void a_planted_breakpoint_wakes_nobody() {
        TestMachine halting =
                GuestProgram.kernel("start: f4 ; hlt\nnext:  90 ; nop\n").boot().step();
        halting.machine().cpu().inputs().injectInt3();
        assertThat(halting.run().story()).isEmpty();
        assertThat(halting.outcome()).isEqualTo(Outcome.HALTED);

        halting.nmi().steps(3);
        assertThat(halting.story()).containsExactly("woken", "NMI at next", "iret to next", "#BP at next");
    }

    @Test
    @DisplayName("TP-030: a debug trap from outside is #DB that sets no bit of DR6, once")
    void a_debug_trap_from_outside() {
        machine.step();
        inputs.debugTrap();
        machine.steps(3);

        assertThat(machine.story()).containsExactly("#DB at one", "iret to one");
        assertThat(machine.state().dr6).isEqualTo(Control.DR6_RESET);
        assertThat(machine.place()).isEqualTo("two");
    }

    @Test
    @DisplayName("TP-010: the next IRET can be made to fail; it has unblocked NMIs by then, and only that one fails")
    void the_next_iret_fails() {
        machine.nmi().step();
        inputs.failNextIret();
        machine.step();
        assertThat(machine.story()).containsExactly("NMI at start", "#GP(0x0) at nmi_handler");
        assertThat(machine.blocked()).isFalse();

        machine.steps(3);
        assertThat(machine.story())
                .containsExactly("NMI at start", "#GP(0x0) at nmi_handler", "iret to nmi_handler", "iret to start");
    }

    // ---- machine checks

    @Test
    @DisplayName("TP-030: a machine check is #MC if CR4.MCE is set")
    void a_machine_check_is_an_exception() {
        TestMachine checking =
                GuestProgram.kernel(SLED).cr4(Control.CR4_MCE).boot().step();
        checking.machineCheck().steps(3);

        assertThat(checking.story()).containsExactly("#MC at one", "iret to one");
        assertThat(checking.place()).isEqualTo("two");
    }

    @Test
    @DisplayName("A machine check while one is in progress shuts down, until software clears MCG_STATUS.MCIP")
    void a_second_machine_check_shuts_down_unless_the_first_is_over() { // SDM vol. 3, 15.3.1.2
        TestMachine twice =
                GuestProgram.kernel(SLED).cr4(Control.CR4_MCE).boot().step();
        twice.machineCheck().steps(3);
        assertThat(twice.state().mcgStatus).isEqualTo(Control.MCG_MCIP | Control.MCG_RIPV);
        twice.machineCheck().run();
        assertThat(twice.story()).containsExactly("#MC at one", "iret to one", "shutdown");

        TestMachine cleared = GuestProgram.kernel(SLED)
                .handler(Vector.MC, """
                        first: b9 7a 01 00 00 ; mov $0x17a,%ecx
                               31 c0          ; xor %eax,%eax
                               31 d2          ; xor %edx,%edx
                        clear: 0f 30          ; wrmsr
                        leave: 48 cf          ; iretq
                        """)
                .cr4(Control.CR4_MCE)
                .boot()
                .step();
        cleared.machineCheck().at("leave").machineCheck().step();
        assertThat(cleared.story()).containsExactly("#MC at one", "#MC at leave");
    }

    @Test
    @DisplayName("TP-030: else the processor shuts down (SDM vol. 3, 2.5), which an NMI ends and no machine check does")
    void a_machine_check_shuts_down() {
        machine.step().machineCheck().run();
        assertThat(machine.story()).containsExactly("shutdown");
        assertThat(machine.outcome()).isEqualTo(Outcome.SHUTDOWN);

        machine.machineCheck().run();
        assertThat(machine.story()).containsExactly("shutdown");

        machine.nmi().steps(1);
        assertThat(machine.story()).containsExactly("shutdown", "woken", "NMI at one");
    }
}
