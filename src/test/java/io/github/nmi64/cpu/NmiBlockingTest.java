package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The latch and what holds it back: docs/rules.md, A. What ends blocking is in {@link NmiUnblockingTest}. */
class NmiBlockingTest {
    private static final String NOPS = """
            start: 90    ; nop
            one:   90    ; nop
            two:   90    ; nop
            three: 90    ; nop
            end:   f4    ; hlt
                   eb fd ; jmp
            """;

    private static final String LONG_HANDLER = """
            first:  90    ; nop
            second: 90    ; nop
            leave:  48 cf ; iretq
            """;

    private static TestMachine nops() {
        return GuestProgram.kernel(NOPS).handler(NMI, LONG_HANDLER).boot();
    }

    @Test
    @DisplayName("TP-001, TP-002, TP-003: an NMI ignores IF and pushes five quadwords that name the next instruction")
    void ignores_if_and_pushes_five_quadwords() {
        TestMachine machine = nops();
        machine.set(Gpr.RBX, 7).step().nmi().step();

        DeliveredEvent event = machine.last();
        assertThat(machine.story()).containsExactly("NMI at one");
        assertThat(machine.place()).isEqualTo("first");
        assertThat(event.hasErrorCode()).isFalse();
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.istTop(1) - 40);
        assertThat(machine.frame(0)).isEqualTo(machine.address("one"));
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.KERNEL_CODE);
        assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.KERNEL_STACK);
        assertThat(machine.frame(4)).isEqualTo(GuestProgram.KERNEL_DATA);
    }

    @Test
    @DisplayName("TP-001: the same at CPL 3, with IF clear")
    void interrupts_user_code() {
        TestMachine machine = GuestProgram.kernel(NOPS)
                .user("user: 90 ; nop\nnext: 90 ; nop\n")
                .boot();
        machine.enterUser().step().nmi().step();

        assertThat(machine.story()).containsExactly("NMI at next");
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.USER_CODE);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.USER_STACK);
        assertThat(machine.state().cpl).isZero();
    }

    @Test
    @DisplayName("TP-003: what came before is done, nothing of what comes next is")
    void taken_at_a_boundary_only() {
        TestMachine machine = GuestProgram.kernel("""
                        start: 6a 01 ; push $0x1
                        next:  6a 02 ; push $0x2
                               f4    ; hlt
                        """).boot();
        machine.step().nmi().step();

        assertThat(machine.frame(0)).isEqualTo(machine.address("next"));
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.KERNEL_STACK - 8);
        assertThat(machine.load(GuestProgram.KERNEL_STACK - 8)).isEqualTo(1);
        assertThat(machine.load(GuestProgram.KERNEL_STACK - 16)).isZero();
    }

    @Test
    @DisplayName("TP-004: one edge is one delivery, however long the line stays high")
    void one_edge_one_delivery() {
        TestMachine machine = nops();
        machine.nmiLine(true).run();

        assertThat(machine.log().count(NMI)).isEqualTo(1);
        assertThat(machine.place()).isEqualTo("end+1");
        assertThat(machine.state().interrupts.nmiLine).isTrue();

        machine.nmiLine(true).run();
        assertThat(machine.log().count(NMI)).isEqualTo(1);

        machine.nmiLine(false).run();
        assertThat(machine.log().count(NMI)).isEqualTo(1);

        machine.nmiLine(true).run();
        assertThat(machine.log().count(NMI)).isEqualTo(2);
    }

    @Test
    @DisplayName("TP-004: a line driven high during a pulse stays high after it")
    void a_driven_line_outlives_a_pulse() {
        TestMachine machine = nops();
        machine.nmi().nmiLine(true).steps(3);

        assertThat(machine.state().interrupts.nmiLine).isTrue();
        assertThat(machine.log().count(NMI)).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-005: an NMI raised in the handler waits for its IRET")
    void blocked_until_iret() {
        TestMachine machine = nops();
        machine.nmi().at("first").nmi().at("leave");

        assertThat(machine.log().count(NMI)).isEqualTo(1);
        assertThat(machine.latched()).isTrue();
        assertThat(machine.blocked()).isTrue();

        machine.run();
        assertThat(machine.story()).containsExactly("NMI at start", "iret to start", "NMI at start", "iret to start");
    }

    @Test
    @DisplayName("TP-006: blocking begins before the first access of the delivery, even of one that faults")
    void blocking_begins_with_acceptance() {
        TestMachine machine = GuestProgram.kernel(NOPS).rawGate(NMI, 0, 0).boot();
        machine.nmi().step();

        assertThat(machine.story()).containsExactly("#GP(0x13) at start");
        assertThat(machine.blocked()).isTrue();
        assertThat(machine.latched()).isFalse();
        machine.nmi().step();
        assertThat(machine.story()).hasSize(1);
    }

    @Test
    @DisplayName("TP-006: an edge at the very boundary of the delivery is latched, not nested")
    void an_edge_during_delivery_is_latched() {
        TestMachine machine = nops();
        machine.nmi().step().nmi().step();

        assertThat(machine.story()).containsExactly("NMI at start");
        assertThat(machine.latched()).isTrue();
        assertThat(machine.place()).isEqualTo("second");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10})
    @DisplayName("TP-007: however many edges while blocked, the handler runs once more")
    void at_most_one_is_latched(int edges) {
        TestMachine machine = nops();
        machine.nmi().at("first");
        for (int i = 0; i < edges; i++) {
            machine.nmi();
        }
        machine.run();

        assertThat(machine.log().count(NMI)).isEqualTo(2);
        assertThat(machine.story().stream().filter("merged"::equals)).hasSize(edges - 1);
    }

    @Test
    @DisplayName("TP-008: unblocked but not yet delivered, two edges merge as well")
    void edges_merge_before_delivery() {
        TestMachine machine = nops();
        machine.nmi().nmi().run();

        assertThat(machine.story()).containsExactly("merged", "NMI at start", "iret to start");
    }

    @Test
    @DisplayName("TP-008: two edges in a MOV SS shadow are one NMI")
    void edges_merge_in_a_shadow() {
        TestMachine machine = GuestProgram.kernel("""
                        start: 8e d0 ; (mov %eax,%ss)
                        next:  90    ; nop
                        after: f4    ; hlt
                        """).boot();
        machine.set(Gpr.RAX, GuestProgram.KERNEL_DATA).step().nmi().step().nmi().run();

        assertThat(machine.story()).startsWith("merged", "NMI at after");
        assertThat(machine.log().count(NMI)).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-019: a maskable interrupt needs IF and does not block NMIs; vector 2 is not one of its vectors")
    void maskable_interrupts_do_not_block() {
        TestMachine machine =
                GuestProgram.kernel(NOPS).handler(0x20, LONG_HANDLER).boot();
        machine.interrupt(0x20).step();
        assertThat(machine.story()).isEmpty();

        machine.raise(Rflags.IF).step();
        assertThat(machine.story()).containsExactly("interrupt 0x20 at one");
        assertThat(machine.blocked()).isFalse();

        machine.nmi().step();
        assertThat(machine.story()).endsWith("NMI at first");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> machine.interrupt(2))
                .withMessageContaining("16..255");
    }

    @Test
    @DisplayName("TP-018: INT 2 runs the handler and is no NMI")
    void int_2_does_not_block() {
        TestMachine machine =
                GuestProgram.kernel("""
                        start: cd 02 ; int $0x2
                        after: f4    ; hlt
                        """).handler(NMI, LONG_HANDLER).boot();
        machine.step();

        assertThat(machine.story()).containsExactly("int 0x2 at after");
        assertThat(machine.last().ist()).isEqualTo(1);
        assertThat(machine.blocked()).isFalse();

        machine.nmi().step();
        assertThat(machine.story()).endsWith("NMI at first");
        assertThat(machine.blocked()).isTrue();
    }

    @Test
    @DisplayName("TP-018: INT 2 from CPL 3 must pass the gate's DPL, a real NMI need not")
    void int_2_is_subject_to_the_gate_dpl() {
        TestMachine machine =
                GuestProgram.kernel(NOPS).user("user: cd 02 ; int $0x2\n").boot();
        machine.enterUser().step();
        assertThat(machine.story()).containsExactly("#GP(0x12) at user");

        TestMachine other =
                GuestProgram.kernel(NOPS).user("user: cd 02 ; int $0x2\n").boot();
        other.enterUser().nmi().step();
        assertThat(other.story()).containsExactly("NMI at user");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x40, 0x4f})
    @DisplayName("TP-029: the task priority holds interrupts of its own class and below")
    void task_priority_holds_interrupts_of_its_class(int vector) {
        TestMachine machine = nops();
        machine.state().cr8 = 4;
        machine.raise(Rflags.IF).interrupt(vector).step();
        assertThat(machine.story()).isEmpty();

        machine.state().cr8 = 3;
        machine.changed().step();
        assertThat(machine.log().count(vector)).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-029: the task priority does not hold NMIs")
    void task_priority_is_ignored() {
        TestMachine machine = nops();
        machine.state().cr8 = 15;
        machine.raise(Rflags.IF).interrupt(0xef).nmi().run();

        assertThat(machine.story()).containsExactly("NMI at start", "iret to start");
        assertThat(machine.state().selector(Segment.CS)).isEqualTo(GuestProgram.KERNEL_CODE);
    }
}
