package io.github.nmi64.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Activity;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The full product of first and second exceptions. */
class DoubleFaultTableTest {
    private static final Set<Integer> CONTRIBUTORY = Set.of(Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP, 21);

    /** A fault that breaking the first event's construction causes. */
    enum Second {
        TS(Vector.TS, part -> part.taskLimit = 0x42),
        NP(Vector.NP, part -> part.rights &= ~0x8000),
        SS(Vector.SS, part -> part.stackTop = 0x8000_0000_0000L),
        GP(Vector.GP, part -> part.selector = 0),
        PF(Vector.PF, part -> part.stackWithdrawn = 1);

        final int vector;
        final Consumer<Construction> damage;

        Second(int vector, Consumer<Construction> damage) {
            this.vector = vector;
            this.damage = damage;
        }
    }

    enum Outcome {
        SERIAL,
        DOUBLE_FAULT,
        SHUTDOWN
    }

    /** Tables 6-4 and 6-5 of the manual. */
    private static Outcome expected(int first, int second) {
        boolean severe = CONTRIBUTORY.contains(second) || second == Vector.PF;
        if (first == Vector.DF) {
            return severe ? Outcome.SHUTDOWN : Outcome.SERIAL;
        }
        if (first == Vector.PF) {
            return severe ? Outcome.DOUBLE_FAULT : Outcome.SERIAL;
        }
        return CONTRIBUTORY.contains(first) && CONTRIBUTORY.contains(second) ? Outcome.DOUBLE_FAULT : Outcome.SERIAL;
    }

    @ParameterizedTest(name = "{0} then {1}")
    @MethodSource("product")
    @DisplayName("TP-124, TP-125, TP-127, TP-129: what a second fault during the delivery of a first one becomes")
    void second_fault_while_delivering_the_first(int first, Second second) {
        Construction part = new Construction(first);
        second.damage.accept(part);
        TestMachine machine = part.build(GuestProgram.kernel("90").boot(), first);

        Delivery.exception(machine.machine().core(), fault(first));

        switch (expected(first, second.vector)) {
            case SERIAL -> assertThat(machine.last().vector()).isEqualTo(second.vector);
            case DOUBLE_FAULT -> {
                assertThat(machine.last().vector()).isEqualTo(Vector.DF);
                assertThat(machine.last().hasErrorCode()).isTrue();
                assertThat(machine.load(machine.last().frame())).isZero();
            }
            case SHUTDOWN -> assertThat(machine.state().activity).isEqualTo(Activity.SHUTDOWN);
        }
        assertThat(machine.story()).hasSize(1);
    }

    static Stream<Arguments> product() {
        return IntStream.of(0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21)
                .boxed()
                .flatMap(first -> Stream.of(Second.values()).map(second -> Arguments.of(first, second)));
    }

    private static Fault fault(int vector) {
        return vector == Vector.PF ? Fault.page(0x1234, 0) : Fault.of(vector, 0x18);
    }

    @Test
    @DisplayName("TP-116: an NMI is benign, whatever its delivery raises")
    void an_nmi_never_makes_a_double_fault() {
        for (Second second : Second.values()) {
            Construction part = new Construction(Vector.NMI);
            second.damage.accept(part);
            TestMachine machine = part.build(GuestProgram.kernel("90").boot(), Vector.NMI);

            machine.nmi().step();

            assertThat(machine.last().vector()).isEqualTo(second.vector);
        }
    }

    @Test
    @DisplayName("TP-126: INT 14 is a software interrupt, not a page fault, so its missing gate is a plain #NP")
    void a_software_interrupt_is_benign_whatever_its_vector() {
        for (int vector : List.of(Vector.DF, Vector.GP, Vector.PF)) {
            Construction part = new Construction(vector);
            part.rights &= ~0x8000;
            TestMachine machine = part.build(
                    GuestProgram.kernel("cd 0" + Integer.toHexString(vector)).boot(), vector);

            machine.step();

            assertThat(machine.last().vector()).isEqualTo(Vector.NP);
            assertThat(machine.last().errorCode()).isEqualTo(8 * vector + 2);
        }
    }

    @Test
    @DisplayName("TP-128: only the event being delivered counts: #DE, serial #PF, then #PF again is a double fault")
    void a_chain_forgets_what_came_before() {
        TestMachine machine = GuestProgram.kernel("""
                        here:   48 f7 f1        ; div %rcx
                        """)
                .interruptGate(Vector.DE, 5)
                .interruptGate(Vector.PF, 5)
                .boot();
        machine.withdraw(GuestProgram.istTop(5) - 8, 1);

        machine.step();

        assertThat(machine.story()).containsExactly("#DF(0x0) at here");
        assertThat(machine.state().cr2).isEqualTo(GuestProgram.istTop(5) - 8);
    }

    @Test
    @DisplayName("TP-130: a triple fault leaves registers and IDT as they were and executes nothing more")
    void a_triple_fault_freezes_the_processor() {
        TestMachine machine = GuestProgram.kernel("""
                        here:   0f 0b           ; ud2
                        """).boot();
        machine.state().idtLimit = 0;
        long rsp = machine.reg(4);

        machine.run();

        assertThat(machine.story()).containsExactly("shutdown");
        assertThat(machine.state().activity).isEqualTo(Activity.SHUTDOWN);
        assertThat(machine.place()).isEqualTo("here");
        assertThat(machine.reg(4)).isEqualTo(rsp);
        assertThat(machine.machine().core().retired).isZero();
    }
}
