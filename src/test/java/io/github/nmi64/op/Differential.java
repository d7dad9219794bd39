package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Encoding;
import io.github.nmi64.oracle.Comparison;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.HostComparison;
import io.github.nmi64.oracle.HostCpu;
import io.github.nmi64.oracle.HostHabits;
import io.github.nmi64.oracle.Reducer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs random cases of rows of the opcode map on the host CPU and in the emulator and compares everything they did. */
final class Differential {
    private static final int SHOWN = 8;

    private final HostComparison comparison;
    private final CaseGenerator generator;

    Differential(HostCpu host, HostHabits habits, long seed) {
        this.comparison = new HostComparison(host, habits);
        this.generator = new CaseGenerator(seed);
    }

    /** Cases compared so far. */
    int compared() {
        return comparison.compared();
    }

    /** Compares {@code cases} cases of one row; cases the oracle refuses do not count. */
    void check(Operation operation, Encoding row, int cases) throws IOException {
        List<CpuCase> requests = new ArrayList<>();
        for (int i = 0; i < cases; i++) {
            requests.add(generator.next(row));
        }
        int completed = comparison.completed();
        List<Comparison> differing = comparison.differences(requests);
        String name = operation.mnemonic() + " (" + row + ")";
        assertThat(shown(differing))
                .as("%s: %d of %d cases differ", name, differing.size(), cases)
                .isEmpty();
        assertThat(comparison.completed() - completed)
                .as("cases of %s that ran without exception", name)
                .isGreaterThan(cases / 8);
    }

    private List<String> shown(List<Comparison> differing) throws IOException {
        List<String> texts = new ArrayList<>();
        for (Comparison each : differing.subList(0, Math.min(SHOWN, differing.size()))) {
            texts.add(Reducer.text(each.request(), comparison));
        }
        return texts;
    }
}
