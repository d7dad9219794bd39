package io.github.nmi64.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The event unit by itself: requests and the word that stands for all other facts. */
class InterruptStateTest {
    private final InterruptState unit = new InterruptState();

    @Test
    void the_highest_request_comes_first_and_is_acknowledged_alone() {
        int[] descending = {255, 200, 130, 129, 66, 63, 17, 16};
        for (int vector : descending) {
            unit.request(vector);
        }
        for (int vector : descending) {
            assertThat(unit.requested()).isTrue();
            assertThat(unit.highestRequest()).isEqualTo(vector);
            unit.acknowledge(vector);
        }
        assertThat(unit.requested()).isFalse();
        assertThat(unit.highestRequest()).isEqualTo(-1);
    }

    @Test
    void requests_of_different_vectors_have_different_words() {
        for (int vector = 16; vector < 256; vector++) {
            unit.request(vector);
            long one = unit.requestBits();
            unit.acknowledge(vector);
            int other = vector < 192 ? vector + 64 : vector - 64; // the same bit of another quadword
            unit.request(other);
            assertThat(unit.requestBits()).as("%d and %d", vector, other).isNotEqualTo(one);
            unit.acknowledge(other);
        }
    }

    @Test
    void with_nothing_pending_and_nothing_held_the_word_is_zero() {
        assertThat(unit.bits()).isZero();
        assertThat(unit.requestBits()).isZero();
    }

    @Test
    void the_published_bits_of_the_word_are_those_of_their_facts() {
        unit.nmiLatched = true;
        unit.machineCheck = true;
        assertThat(unit.bits()).isEqualTo(InterruptState.LATCHED | InterruptState.MACHINE_CHECK);

        unit.debugTrap = true;
        unit.injectedInt3 = true;
        unit.iretFault = true;
        unit.nmiLatched = false;
        unit.machineCheck = false;
        assertThat(unit.bits())
                .isEqualTo(InterruptState.DEBUG_TRAP | InterruptState.INJECTED_INT3 | InterruptState.IRET_FAULT);
    }
}
