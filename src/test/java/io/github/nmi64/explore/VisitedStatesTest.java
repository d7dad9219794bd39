package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bits.Digest;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class VisitedStatesTest {
    private static final int MANY = 100_000;

    private final VisitedStates states = new VisitedStates(() -> 1L << 30, 2);
    private final VisitedStates.Visitor visitor = visitor(states);

    private static VisitedStates.Visitor visitor(VisitedStates states) {
        VisitedStates.Visitor visitor = states.new Visitor();
        visitor.enter();
        return visitor;
    }

    private static long low(int state) {
        return Digest.mix(state);
    }

    private static long high(int state) {
        return Digest.mix(~state);
    }

    @Test
    void the_first_path_to_come_owns_a_state() {
        assertThat(visitor.contains(1, 2)).isFalse();
        assertThat(visitor.claim(1, 2, 0)).isEqualTo(VisitedStates.NEW);
        assertThat(visitor.claim(1, 2, 8)).isZero();
        assertThat(visitor.contains(1, 2)).isTrue();
        visitor.count();
        assertThat(states.size()).isEqualTo(1);
    }

    @Test
    void both_halves_tell_states_apart() {
        visitor.claim(1, 2L << 32, 7);

        assertThat(visitor.contains(1, 3L << 32)).isFalse();
        assertThat(visitor.contains(2, 2L << 32)).isFalse();
        assertThat(visitor.claim(2, 2L << 32, 8)).isEqualTo(VisitedStates.NEW);
        assertThat(visitor.claim(1, 3L << 32, 9)).isEqualTo(VisitedStates.NEW);
    }

    @Test
    void the_fingerprint_zero_is_a_state_like_any_other() {
        assertThat(visitor.contains(0, 0)).isFalse();
        assertThat(visitor.claim(0, 0, 5)).isEqualTo(VisitedStates.NEW);
        assertThat(visitor.contains(0, 0)).isTrue();
        assertThat(visitor.claim(0, 0, 6)).isEqualTo(5);
    }

    @Test
    void all_paths_can_be_owners() {
        int last = Integer.MAX_VALUE - 1;
        visitor.claim(-1, -1, last);

        assertThat(visitor.claim(-1, -1, 0)).isEqualTo(last);
        assertThat(visitor.contains(-1, -1L << 32))
                .as("the lower half of the high word does not count")
                .isTrue();
    }

    @Test
    void growing_loses_no_state_and_no_owner() {
        long before = states.bytes();
        for (int i = 0; i < MANY; i++) {
            assertThat(visitor.claim(low(i), high(i), i)).isEqualTo(VisitedStates.NEW);
        }

        visitor.count();
        assertThat(states.size()).isEqualTo(MANY);
        assertThat(states.bytes()).isGreaterThan(before).isGreaterThanOrEqualTo(16L * MANY);
        for (int i = 0; i < MANY; i++) {
            assertThat(visitor.claim(low(i), high(i), -1)).isEqualTo(i);
        }
    }

    @Test
    void a_table_that_may_not_grow_says_so_and_keeps_what_it_has() {
        VisitedStates small = new VisitedStates(states::bytes, 1);
        VisitedStates.Visitor only = visitor(small);
        int taken = 0;
        int full = 0;
        for (int i = 0; i < MANY; i++) {
            int claimed = only.claim(low(i), high(i), i);
            taken += claimed == VisitedStates.NEW ? 1 : 0;
            full += claimed == VisitedStates.FULL ? 1 : 0;
        }

        only.count();
        assertThat(taken + full).isEqualTo(MANY);
        assertThat(full).isPositive();
        assertThat(small.size()).isEqualTo(taken);
        assertThat(small.bytes()).isEqualTo(states.bytes());
        assertThat(only.claim(low(0), high(0), 1)).isZero();
    }

    @Test
    void of_two_threads_that_visit_the_same_states_one_is_the_first() throws Exception {
        visitor.leave();
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            List<Callable<Integer>> visits = List.of(() -> visitAll(0), () -> visitAll(1));
            int first = 0;
            for (Future<Integer> visit : pool.invokeAll(visits)) {
                first += visit.get();
            }
            assertThat(first).isEqualTo(MANY);
            assertThat(states.size()).isEqualTo(MANY);
        } finally {
            pool.shutdownNow();
        }
    }

    private int visitAll(int owner) {
        int first = 0;
        VisitedStates.Visitor one = states.new Visitor();
        for (int i = 0; i < MANY; i++) {
            int state = owner == 0 ? i : MANY - 1 - i;
            one.enter();
            first += one.claim(low(state), high(state), owner) == VisitedStates.NEW ? 1 : 0;
            one.leave();
        }
        one.count();
        return first;
    }
}
