package io.github.nmi64.op;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.isa.Encoding;
import io.github.nmi64.oracle.CpuOracle;
import io.github.nmi64.oracle.Effort;
import io.github.nmi64.oracle.HostHabits;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every encoding of the integer families against the host CPU, 120,000 cases in all. What the manual leaves undefined counts
 * as a habit of the host, not as a difference; {@link UndefinedValuesTest} holds what the emulator makes of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IntegerDifferentialTest {
    private static final long SEED = 0x6e6d_6936_34L;
    private static final int CASES_PER_ROW = 640;

    private HostHabits habits;
    private CpuOracle oracle;
    private Differential differential;

    @BeforeAll
    void start() throws Exception {
        if (CpuOracle.missing().isEmpty()) {
            habits = HostHabits.ofHost();
            oracle = CpuOracle.start();
            differential = new Differential(oracle, habits, Effort.seed(SEED, 0));
        }
    }

    /** Before each comparison, so that each one that is left out is counted as skipped. */
    @BeforeEach
    void the_oracle_runs() {
        assumeTrue(oracle != null, () -> CpuOracle.missing().orElseThrow());
    }

    @AfterAll
    void stop() throws Exception {
        if (oracle != null) {
            oracle.close();
            Effort.tell(IntegerDifferentialTest.class, differential.compared());
        }
    }

    static Stream<Arguments> rows() {
        return Stream.of(
                        Arithmetic.operations(),
                        Logic.operations(),
                        Exchanges.operations(),
                        Multiplication.operations(),
                        Division.operations(),
                        Shifts.operations(),
                        Rotations.operations(),
                        BitTests.operations(),
                        BitScans.operations(),
                        BitFields.operations())
                .flatMap(List::stream)
                .flatMap(operation -> operation.encodings().stream().map(row -> Arguments.of(operation, row)))
                .filter(arguments -> !arguments.get()[1].toString().startsWith("not64"));
    }

    @ParameterizedTest(name = "{0} ({1})")
    @MethodSource("rows")
    void an_encoding_does_what_the_host_does(Operation operation, Encoding row) throws Exception {
        String mnemonic = operation.mnemonic();
        assumeTrue(!habits.lacks(mnemonic), () -> "the host CPU does not have " + mnemonic);
        for (int round = 0; round < Effort.rounds(); round++) {
            differential.check(operation, row, CASES_PER_ROW);
        }
    }
}
