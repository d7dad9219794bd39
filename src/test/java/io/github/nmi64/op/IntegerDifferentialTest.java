package io.github.nmi64.op;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.isa.Encoding;
import io.github.nmi64.oracle.CpuOracle;
import io.github.nmi64.oracle.Effort;
import io.github.nmi64.oracle.UndefinedFlags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every encoding of the integer families against the host CPU, 120,000 cases in all. Flags the manual leaves undefined are
 * compared as well where the host is the AMD Zen 3 we follow; elsewhere they are masked (TP-249).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IntegerDifferentialTest {
    private static final long SEED = 0x6e6d_6936_34L;
    private static final int CASES_PER_ROW = 640;

    /** Operations with undefined results for some operands, left out on such a host. */
    private static final Set<String> UNDEFINED_RESULTS = Set.of("bsf", "bsr", "bswap", "shld", "shrd");

    private final boolean followed = hostIsZen();
    private CpuOracle oracle;
    private Differential differential;

    @BeforeAll
    void start() throws Exception {
        if (CpuOracle.missing().isEmpty()) {
            oracle = CpuOracle.start();
            differential = new Differential(oracle, Effort.seed(SEED, 0));
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

    private static boolean hostIsZen() {
        try {
            String description = Files.readString(Path.of("/proc/cpuinfo"));
            return description.contains("AuthenticAMD") && description.contains("\ncpu family\t: 25\n");
        } catch (IOException e) {
            return false;
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
                        Bits.operations(),
                        BitFields.operations())
                .flatMap(List::stream)
                .flatMap(operation -> operation.encodings().stream().map(row -> Arguments.of(operation, row)))
                .filter(arguments -> !arguments.get()[1].toString().startsWith("not64"));
    }

    @ParameterizedTest(name = "{0} ({1})")
    @MethodSource("rows")
    void an_encoding_does_what_the_host_does(Operation operation, Encoding row) throws Exception {
        String mnemonic = operation.mnemonic();
        assumeTrue(followed || !UNDEFINED_RESULTS.contains(mnemonic), "host is no AMD Zen: results are undefined");
        for (int round = 0; round < Effort.rounds(); round++) {
            differential.check(operation, row, CASES_PER_ROW, followed ? 0 : UndefinedFlags.of(mnemonic));
        }
    }
}
