package io.github.nmi64.oracle;

import java.io.IOException;
import java.util.List;

/** A processor that executes single instructions: the one below us ({@link CpuOracle}), or one that a test makes up. */
@FunctionalInterface
public interface HostCpu {
    /** Executes the cases, any number of them, and returns one outcome for each, in order. */
    List<CpuOutcome> run(List<CpuCase> cases) throws IOException;

    /** Executes one case. */
    default CpuOutcome run(CpuCase request) throws IOException {
        return run(List.of(request)).get(0);
    }
}
