package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.oracle.Comparison;
import io.github.nmi64.oracle.CpuOracle;
import io.github.nmi64.oracle.Effort;
import io.github.nmi64.oracle.HostComparison;
import io.github.nmi64.oracle.HostCpu;
import io.github.nmi64.oracle.HostHabits;
import io.github.nmi64.oracle.Reducer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Moves, stack instructions, near branches, strings, flags, I/O and no-operations against the host CPU: 82,000 random cases
 * with a fixed seed.
 */
class MovesOracleTest {
    private static final int SHOWN = 5;

    private static long compared;

    /** Before each test, so that each one that is left out is counted as skipped. */
    @BeforeEach
    void the_oracle_can_run() {
        assumeTrue(CpuOracle.missing().isEmpty(), () -> CpuOracle.missing().orElseThrow());
    }

    @AfterAll
    static void tell() {
        Effort.tell(MovesOracleTest.class, compared);
    }

    static Stream<MoveCases> draws() {
        return MoveCases.all();
    }

    @ParameterizedTest
    @MethodSource("draws")
    void an_instruction_does_what_the_host_does(MoveCases draw) throws Exception {
        HostHabits habits = HostHabits.ofHost();
        for (int round = 0; round < Effort.rounds(); round++) {
            try (CpuOracle oracle = CpuOracle.start()) {
                compared += agree(draw, Effort.seed(draw.seed(), round), draw.count(), oracle, habits);
            }
        }
    }

    /** Compares the first cases of a draw; how many of them counted. */
    static int agree(MoveCases draw, long seed, int count, HostCpu host, HostHabits habits) throws IOException {
        HostComparison comparison = new HostComparison(host, habits);
        List<Comparison> differing = comparison.differences(draw.cases(seed, count));
        List<String> shown = new ArrayList<>();
        for (Comparison each : differing.subList(0, Math.min(SHOWN, differing.size()))) {
            shown.add(Reducer.text(each.request(), comparison));
        }
        assertThat(shown)
                .as("%d of %d cases of %s with seed %d disagree", differing.size(), count, draw, seed)
                .isEmpty();
        assertThat(comparison.refused()).as("cases the host refuses").isLessThan(count / 5);
        return comparison.compared();
    }
}
