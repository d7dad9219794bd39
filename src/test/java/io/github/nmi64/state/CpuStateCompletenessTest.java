package io.github.nmi64.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.isa.Gpr;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A field added to the state and forgotten in a copy fails here by its name. */
class CpuStateCompletenessTest {

    /** Fields that say nothing about what the processor will do, with the reason; a fingerprint may leave them out. */
    private static final Map<String, String> NOT_IDENTITY = Map.of(
            "interrupts.injectedInt3Rip", "an explorer plants a breakpoint only where it strikes at once",
            "tscOffset", "part of emulated time, which identity excludes");

    /** What is in the state and no register a program could ask for; time is no part of a state's identity. */
    private static final Predicate<Place> NOT_A_REGISTER = place -> place.name().startsWith("interrupts.")
            || List.of("activity", "tscOffset").contains(place.name())
            || place.toString().equals("gpr[" + Gpr.ZERO + "]");

    /** One primitive within the state: a field, or an element of an array field. */
    record Place(String name, List<Field> path, int index) {
        @Override
        public String toString() {
            return index < 0 ? name : name + "[" + index + "]";
        }

        Object read(CpuState state) throws IllegalAccessException {
            Object value = last().get(holder(state));
            return index < 0 ? value : Array.get(value, index);
        }

        void change(CpuState state) throws IllegalAccessException {
            Object holder = holder(state);
            if (index < 0) {
                last().set(holder, changed(last().get(holder)));
            } else {
                Object array = last().get(holder);
                Array.set(array, index, changed(Array.get(array, index)));
            }
        }

        private Field last() {
            return path.get(path.size() - 1);
        }

        private Object holder(CpuState state) throws IllegalAccessException {
            Object holder = state;
            for (Field field : path.subList(0, path.size() - 1)) {
                holder = field.get(holder);
            }
            return holder;
        }

        private static Object changed(Object value) {
            if (value instanceof Long number) {
                return number ^ 0x1_0000_0001L;
            }
            if (value instanceof Integer number) {
                return number ^ 1;
            }
            if (value instanceof Boolean flag) {
                return !flag;
            }
            if (value instanceof Enum<?> constant) {
                Object[] all = constant.getDeclaringClass().getEnumConstants();
                return all[(constant.ordinal() + 1) % all.length];
            }
            throw new AssertionError("the state holds a " + value.getClass() + "; it should be plain data");
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void a_copy_carries(Place place) throws IllegalAccessException {
        CpuState state = new CpuState();
        place.change(state);
        CpuState copy = new CpuState();
        assertThat(copy).as("the change must be visible").matches(fresh -> different(place, state, fresh));

        copy.copyFrom(state);

        assertThat(place.read(copy)).isEqualTo(place.read(state));
        for (Place other : places().toList()) {
            assertThat(other.read(copy)).as(other.toString()).isEqualTo(other.read(state));
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void identity_tells(Place place) throws IllegalAccessException {
        CpuState state = new CpuState();
        place.change(state);

        if (NOT_IDENTITY.containsKey(place.name())) {
            assertThat(identity(state)).isEqualTo(identity(new CpuState()));
        } else {
            assertThat(identity(state)).isNotEqualTo(identity(new CpuState()));
        }
    }

    /** A register added to the state has a name for assertions and expectations. */
    @ParameterizedTest
    @MethodSource("places")
    void a_register_tells(Place place) throws IllegalAccessException {
        CpuState state = new CpuState();
        place.change(state);
        CpuState fresh = new CpuState();

        assertThat(Register.NAMES.stream()
                        .filter(name -> Register.named(name).in(state)
                                != Register.named(name).in(fresh)))
                .hasSize(NOT_A_REGISTER.test(place) ? 0 : 1);
    }

    @Test
    void a_name_that_is_none_is_refused() {
        assertThatThrownBy(() -> Register.named("eax"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no register 'eax'");
    }

    private static List<Long> identity(CpuState state) {
        Digest digest = new SystemRegisters().digest(state);
        state.digest(digest);
        digest.add(state.interrupts.requestBits(), 0);
        long word = state.interrupts.bits();
        return List.of(digest.low(word), digest.high(word));
    }

    @ParameterizedTest
    @MethodSource("places")
    void a_copy_is_independent_of_its_origin_in(Place place) throws IllegalAccessException {
        CpuState state = new CpuState();
        CpuState copy = new CpuState();
        copy.copyFrom(state);
        Object before = place.read(copy);

        place.change(state);

        assertThat(place.read(copy)).isEqualTo(before);
    }

    @Test
    void the_fields_left_out_of_identity_exist() {
        assertThat(places().map(Place::name)).containsAll(NOT_IDENTITY.keySet());
    }

    @Test
    void every_kind_of_state_is_reached() {
        assertThat(places().map(Place::toString))
                .contains("gpr[0]", "rip", "cr8", "dr[3]", "activity", "segments.limit[7]")
                .contains("interrupts.nmiBlocked", "interrupts.requests[3]")
                .hasSizeGreaterThan(80);
    }

    private static boolean different(Place place, CpuState one, CpuState other) {
        try {
            return !place.read(one).equals(place.read(other));
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    static Stream<Place> places() {
        List<Place> places = new ArrayList<>();
        collect(new CpuState(), "", List.of(), places);
        return places.stream();
    }

    private static void collect(Object holder, String prefix, List<Field> path, List<Place> places) {
        for (Field field : holder.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                continue;
            }
            field.setAccessible(true);
            List<Field> here = new ArrayList<>(path);
            here.add(field);
            Object value = value(field, holder);
            String name = prefix + field.getName();
            if (value.getClass().isArray()) {
                for (int i = 0; i < Array.getLength(value); i++) {
                    places.add(new Place(name, here, i));
                }
            } else if (field.getType().isPrimitive() || value instanceof Enum<?>) {
                places.add(new Place(name, here, -1));
            } else {
                collect(value, name + ".", here, places);
            }
        }
    }

    private static Object value(Field field, Object holder) {
        try {
            return field.get(holder);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
