package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOracle;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.oracle.Reducer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs random cases of rows of the opcode map on the host CPU and in the emulator and compares everything they did. */
final class Differential {
    private static final int SHOWN = 8;

    private final CpuOracle oracle;
    private final SingleInstruction emulator = new SingleInstruction();
    private final CaseGenerator generator;
    private final List<String> differences = new ArrayList<>();
    private int compared;
    private int completed;

    Differential(CpuOracle oracle, long seed) {
        this.oracle = oracle;
        this.generator = new CaseGenerator(seed);
    }

    /** Cases compared so far. */
    int compared() {
        return compared;
    }

    /**
     * Compares {@code cases} cases of one row; cases the oracle refuses do not count.
     *
     * @param ignoredFlags bits of RFLAGS that need not agree
     */
    void check(Operation operation, Encoding row, int cases, long ignoredFlags) throws Exception {
        differences.clear();
        completed = 0;
        List<CpuCase> requests = new ArrayList<>();
        for (int i = 0; i < cases; i++) {
            requests.add(generator.next(row));
        }
        List<CpuOutcome> outcomes = oracle.run(requests);
        for (int i = 0; i < cases; i++) {
            compare(requests.get(i), outcomes.get(i), ignoredFlags);
        }
        String name = operation.mnemonic() + " (" + row + ")";
        int count = differences.size();
        assertThat(differences.subList(0, Math.min(SHOWN, count)))
                .as("%s: %d of %d cases differ", name, count, cases)
                .isEmpty();
        assertThat(completed).as("cases of %s that ran without exception", name).isGreaterThan(cases / 8);
    }

    private void compare(CpuCase request, CpuOutcome host, long ignoredFlags) throws IOException {
        if (host.status == CpuOutcome.REFUSED) {
            return;
        }
        compared++;
        completed += host.vector == Vector.DB ? 1 : 0;
        if (!host.differences(emulator.run(request), ignoredFlags).isEmpty()) {
            differences.add(differences.size() < SHOWN ? reduced(request, ignoredFlags) : request.toString());
        }
    }

    private String reduced(CpuCase request, long ignoredFlags) throws IOException {
        return Reducer.text(request, smaller -> {
            CpuOutcome host = oracle.run(List.of(smaller)).get(0);
            return host.status == CpuOutcome.REFUSED
                    ? List.of()
                    : host.differences(emulator.run(smaller), ignoredFlags);
        });
    }
}
