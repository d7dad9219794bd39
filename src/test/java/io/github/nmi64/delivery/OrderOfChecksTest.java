package io.github.nmi64.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Broken tables, for five first events. The order of {@link Defect} is the order in which the manual makes its checks: of
 * two defects the earlier one is reported.
 */
class OrderOfChecksTest {
    private static final int FREE = GuestProgram.FREE_SELECTOR;
    private static final long NOT_CANONICAL = 0x8000_0000_0000L;

    /** The event whose delivery finds the defect, and the instruction before which or in which it happens. */
    enum First {
        NMI(Vector.NMI, 1, "90"),
        INTERRUPT(0x40, 1, "90"),
        INT_N(0x30, 0, "cd 30"),
        INT3(Vector.BP, 0, "cc"),
        UNDEFINED(Vector.UD, 1, "0f 0b"),
        INT1(Vector.DB, 1, "f1");

        final int vector;
        final int ext;
        final String bytes;

        First(int vector, int ext, String bytes) {
            this.vector = vector;
            this.ext = ext;
            this.bytes = bytes;
        }

        void raise(TestMachine machine) {
            if (this == NMI) {
                machine.nmi();
            } else if (this == INTERRUPT) {
                machine.raise(Rflags.IF).interrupt(vector);
            }
            machine.step();
        }
    }

    /** A part of the construction broken, and the fault to expect: its code comes from vector and EXT bit. */
    enum Defect {
        TASK_GATE_TYPE(part -> part.rights = part.rights & ~0x1f00 | 0x500, Vector.GP, Code.INDEX),
        GATE_OF_32_BITS_SYSTEM_BIT(part -> part.rights |= 0x1000, Vector.GP, Code.INDEX),
        UPPER_TYPE_NOT_ZERO(part -> part.upperRights = 1, Vector.GP, Code.INDEX),
        GATE_NOT_PRESENT(part -> part.rights &= ~0x8000, Vector.NP, Code.INDEX),
        SELECTOR_NULL(part -> part.selector = 3, Vector.GP, Code.EXT),
        SELECTOR_BEYOND_TABLE(part -> part.selector = 0x1003, Vector.GP, Code.selector(0x1000)),
        SELECTOR_IN_ABSENT_LDT(part -> part.selector = FREE | 4, Vector.GP, Code.selector(FREE | 4)),
        DATA_SEGMENT(part -> part.descriptor = 0x00cf_9300_0000_ffffL, Vector.GP, Code.selector(FREE)),
        CODE_OF_CPL_3(part -> part.descriptor |= 3L << 45, Vector.GP, Code.selector(FREE)),
        CODE_OF_32_BITS(part -> part.descriptor = 0x00cf_9b00_0000_ffffL, Vector.GP, Code.selector(FREE)),
        CODE_OF_BOTH_SIZES(part -> part.descriptor |= 1L << 54, Vector.GP, Code.selector(FREE)),
        CODE_NOT_PRESENT(part -> part.descriptor &= ~(1L << 47), Vector.NP, Code.selector(FREE)),
        TASK_LIMIT(part -> part.taskLimit = 28 + 8 * Construction.IST + 6, Vector.TS, Code.selector(GuestProgram.TASK)),
        STACK_NOT_CANONICAL(part -> part.stackTop = NOT_CANONICAL, Vector.SS, Code.EXT),
        PUSH_NOT_CANONICAL(part -> part.stackTop = -NOT_CANONICAL, Vector.SS, Code.EXT),
        STACK_NOT_MAPPED(part -> part.stackWithdrawn = 1, Vector.PF, (vector, ext) -> 2),
        STACK_READ_ONLY(part -> part.stackWithdrawn = 2, Vector.PF, (vector, ext) -> 3),
        HANDLER_NOT_CANONICAL(part -> part.offset |= NOT_CANONICAL, Vector.GP, Code.EXT);

        final Consumer<Construction> damage;
        final int fault;
        final Code code;

        Defect(Consumer<Construction> damage, int fault, Code code) {
            this.damage = damage;
            this.fault = fault;
            this.code = code;
        }
    }

    /** How an error code is made of the event's vector and EXT bit. */
    interface Code {
        Code INDEX = (vector, ext) -> 8 * vector + 2 + ext;
        Code EXT = (vector, ext) -> ext;

        int of(int vector, int ext);

        static Code selector(int selector) {
            return (vector, ext) -> selector + ext;
        }
    }

    @ParameterizedTest
    @EnumSource(First.class)
    @DisplayName("TP-092, TP-096: the whole construction works, so that each defect below is what it is tested for")
    void nothing_broken(First first) {
        TestMachine machine = machine(first, new Construction(first.vector));

        first.raise(machine);

        assertThat(machine.last().vector()).isEqualTo(first.vector);
        assertThat(machine.last().ist()).isEqualTo(Construction.IST);
        assertThat(machine.place()).isEqualTo(GuestProgram.handlerName(first.vector));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("defects")
    @DisplayName(
            "TP-083, TP-084, TP-085, TP-087, TP-088, TP-089, TP-093, TP-094, TP-099, TP-101, TP-102, TP-108, TP-109, TP-117: one defect")
    void a_defect_is_reported_with_the_instruction_that_was_to_run(First first, Defect defect) {
        Construction part = new Construction(first.vector);
        defect.damage.accept(part);
        TestMachine machine = machine(first, part);
        long rsp = machine.state().gpr[4];

        first.raise(machine);

        assertThat(machine.log().deliveries()).hasSize(1);
        assertThat(machine.last().vector()).isEqualTo(defect.fault);
        assertThat(machine.last().errorCode()).isEqualTo(defect.code.of(first.vector, first.ext));
        assertThat(machine.name(machine.last().fromRip())).isEqualTo("here");
        assertThat(machine.last().fromRsp()).isEqualTo(rsp);
        assertThat(machine.last().fromRflags() & Rflags.RF).as("fault class").isEqualTo(Rflags.RF);
        if (defect.fault == Vector.PF) {
            assertThat(machine.state().cr2).isEqualTo(part.stackTop - 8);
        }
    }

    @ParameterizedTest(name = "{0}: {1} before {2}")
    @MethodSource("pairs")
    @DisplayName("TP-085, TP-087, TP-088, TP-089, TP-093, TP-094, TP-102: of two defects the earlier check decides")
    void of_two_defects_the_earlier_check_decides(First first, Defect earlier, Defect later) {
        Construction part = new Construction(first.vector);
        later.damage.accept(part);
        earlier.damage.accept(part);
        TestMachine machine = machine(first, part);

        first.raise(machine);

        assertThat(machine.last().vector()).isEqualTo(earlier.fault);
        assertThat(machine.last().errorCode()).isEqualTo(earlier.code.of(first.vector, first.ext));
    }

    static Stream<Arguments> defects() {
        return Stream.of(First.values())
                .flatMap(first -> Stream.of(Defect.values()).map(defect -> Arguments.of(first, defect)));
    }

    /** Defects of one part replace each other; the earlier one is made last and so is the one that stays. */
    static Stream<Arguments> pairs() {
        return Stream.of(First.NMI, First.INT_N)
                .flatMap(first -> Stream.of(Defect.values()).flatMap(earlier -> Stream.of(Defect.values())
                        .filter(later -> later.compareTo(earlier) > 0)
                        .filter(later -> independent(earlier, later))
                        .map(later -> Arguments.of(first, earlier, later))));
    }

    /** A stack that is not canonical has no page to withdraw; a gate of two wrong types is one defect. */
    private static boolean independent(Defect earlier, Defect later) {
        boolean stack = later == Defect.STACK_NOT_MAPPED || later == Defect.STACK_READ_ONLY;
        boolean noPage = earlier == Defect.STACK_NOT_CANONICAL || earlier == Defect.PUSH_NOT_CANONICAL;
        return !(stack && (noPage || earlier == Defect.STACK_NOT_MAPPED));
    }

    private static TestMachine machine(First first, Construction part) {
        TestMachine machine =
                GuestProgram.kernel("90\nhere: " + first.bytes + "\n90").boot();
        part.build(machine, first.vector);
        return machine.step();
    }
}
