package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.core.Attention;
import io.github.nmi64.op.SystemMachine;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;

/** The word that sends the run loop to the boundary, and the assertion that guards it. */
class AttentionTest {
    @Test
    void assertions_are_on_in_tests() {
        assertThat(Boundary.class.desiredAssertionStatus()).isTrue();
    }

    @Test
    void a_forgotten_refresh_is_found_at_the_next_boundary_and_named() {
        SystemMachine machine = new SystemMachine().code("90");
        machine.cpu.begin(Long.MAX_VALUE, Long.MAX_VALUE);
        machine.state.interrupts.machineCheck = true; // without core.refreshAttention()

        assertThatThrownBy(machine.cpu::step)
                .isInstanceOf(AssertionError.class)
                .hasMessage("attention says none, the state MACHINE_CHECK");
    }

    @Test
    void a_bit_without_a_reason_is_found_too() {
        SystemMachine machine = new SystemMachine().code("90");
        machine.core.attention |= Attention.NMI | Attention.LINE;

        assertThatThrownBy(machine.cpu::step)
                .isInstanceOf(AssertionError.class)
                .hasMessage("attention says NMI LINE, the state none");
    }

    @Test
    void bits_set_from_outside_need_no_reason_in_the_state_and_fall_where_nobody_asks_again() {
        SystemMachine machine = new SystemMachine().code("90");
        machine.core.attend(Attention.WATCH, true);

        machine.succeed();
        assertThat(machine.core.attention).isZero();
        assertThat(machine.core.retired).isEqualTo(1);
    }

    @Test
    void bits_set_from_outside_come_and_go_one_by_one() {
        SystemMachine machine = new SystemMachine().nmiWaiting();
        machine.state.interrupts.nmiBlocked = false;
        machine.core.refreshAttention();
        machine.core.attend(Attention.WATCH, true);
        machine.core.attend(Attention.EXIT, true);
        assertThat(machine.core.attention).isEqualTo(Attention.NMI | Attention.WATCH | Attention.EXIT);

        machine.core.attend(Attention.EXIT, false);
        assertThat(machine.core.attention).isEqualTo(Attention.NMI | Attention.WATCH);
    }

    @Test
    void every_bit_has_the_name_of_its_constant() throws IllegalAccessException {
        int named = 0;
        for (Field field : Attention.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                assertThat(Attention.names(field.getInt(null))).isEqualTo(field.getName());
                named |= field.getInt(null);
            }
        }
        assertThat(Integer.bitCount(named)).isEqualTo(Attention.names(named).split(" ", -1).length);
        assertThat(Attention.names(0)).isEqualTo("none");
    }
}
