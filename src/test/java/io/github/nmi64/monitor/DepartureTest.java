package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** When the outermost program counts as back: at its place, in its state, and not while somebody else is there. */
class DepartureTest extends MonitoredByHand {
    private static final long PLACE = 0x1000;
    private static final long STACK = 0x9000;
    private static final long HANDLER = 0x2000;
    /** The footprint tells the place. */
    private static final Set<String> IN_THE_FOOTPRINT = Set.of("rip", "rsp", "cs", "ss");

    /** A footprint that is whatever a test says. */
    private static final class Told implements Footprint {
        private long low = 1;
        private int comparisons;

        @Override
        public void take(Occupied occupied, boolean withDebugStatus) {
            comparisons++;
        }

        @Override
        public long low() {
            return low;
        }

        @Override
        public long high() {
            return 0;
        }

        @Override
        public void keep() {}

        @Override
        public void programRuns(boolean runs) {}

        @Override
        public void returned() {}

        @Override
        public boolean isExcused() {
            return false;
        }

        @Override
        public String difference() {
            return "it differs";
        }

        @Override
        public String foreignRead() {
            return "";
        }
    }

    private final Told footprint = new Told();

    @BeforeEach
    void program() {
        monitor.footprint(footprint);
        program(PLACE, STACK, Rflags.FIXED);
    }

    private void nmi() {
        monitor.beforeStep();
        monitor.lookAround();
        deliver(EventType.NMI, 2, 0x5000);
    }

    private void deliver(EventType type, int vector, long frame) {
        deliver(type, vector, 1, HANDLER, frame);
        monitor.afterStep();
    }

    /** One instruction that leads here. */
    private void step(long rip, long rsp) {
        monitor.beforeStep();
        at(rip, rsp);
        core.retired++;
        monitor.afterStep();
    }

    /** To the place, by no RET: the stack pointer has been what it is there for an instruction. */
    private void jump() {
        step(state.rip + 1, STACK);
        step(PLACE, STACK);
    }

    @Test
    void the_program_is_back_at_its_place_however_it_came_there() {
        nmi();
        assertThat(monitor.isAway()).isTrue();

        step(PLACE, STACK);

        assertThat(monitor.isAway()).isFalse();
        assertThat(monitor.violations()).isEmpty();
    }

    static Stream<Arguments> elsewhere() {
        return Stream.of(
                place("RIP", state -> state.rip++),
                place("RSP", state -> state.gpr[Gpr.RSP] += 8),
                place("CS", state -> state.segments.selector[Segment.CS] = 0x18),
                place("SS", state -> state.segments.selector[Segment.SS] = 0));
    }

    private static Arguments place(String what, Consumer<CpuState> change) {
        return Arguments.of(what, change);
    }

    @ParameterizedTest(name = "another {0}")
    @MethodSource("elsewhere")
    void all_four_registers_of_the_place_count(String what, Consumer<CpuState> change) {
        nmi();
        int before = footprint.comparisons;
        monitor.beforeStep();
        at(PLACE, STACK);
        change.accept(state);
        monitor.afterStep();

        assertThat(monitor.isAway()).isTrue();
        assertThat(footprint.comparisons).isEqualTo(before);
    }

    @Test
    void another_state_at_the_place_is_a_violation() {
        nmi();
        footprint.low = 2;
        step(PLACE, STACK);

        assertThat(monitor.violations()).extracting(Violation::subject).containsExactly("state");
    }

    /** The handler's own breakpoint is handled by code that runs through the place: nobody is back. */
    @Test
    void another_state_at_the_place_with_more_contexts_listed_is_somebody_else() {
        nmi();
        deliver(EventType.SOFTWARE_EXCEPTION, 3, 0x4000);
        footprint.low = 2;
        jump();
        assertThat(monitor.isAway()).isTrue();

        footprint.low = 1;
        step(HANDLER, 0x3f00);
        jump();
        assertThat(monitor.isAway())
                .as("as many contexts as then: still in doubt")
                .isTrue();
        assertThat(monitor.violations()).isEmpty();
    }

    static List<Field> fields() {
        return Stream.of(Departure.class.getDeclaredFields())
                .filter(field -> !field.getName().equals("away"))
                .toList();
    }

    static List<Field> fieldsOfTheirOwn() {
        return fields().stream()
                .filter(field -> !IN_THE_FOOTPRINT.contains(field.getName()))
                .toList();
    }

    private static Departure with(Field field) throws IllegalAccessException {
        Departure departure = new Departure();
        departure.away = true;
        if (field.getType() == int.class) {
            field.setInt(departure, 3);
        } else {
            field.setLong(departure, 3);
        }
        return departure;
    }

    private static List<Long> digest(Departure departure) {
        Digest digest = new Digest();
        departure.digest(digest);
        return List.of(digest.low(0), digest.high(0));
    }

    @ParameterizedTest
    @MethodSource("fieldsOfTheirOwn")
    void what_decides_what_will_be_found_is_part_of_the_state(Field field) throws IllegalAccessException {
        Departure plain = new Departure();
        plain.away = true;

        assertThat(digest(with(field))).isNotEqualTo(digest(plain));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void a_copy_has_every_field(Field field) throws IllegalAccessException {
        Departure original = with(field);
        Departure copy = new Departure();
        copy.copyFrom(original);

        assertThat(field.get(copy)).isEqualTo(field.get(original));
        assertThat(copy.away).isTrue();
    }
}
