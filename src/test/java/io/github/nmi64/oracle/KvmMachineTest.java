package io.github.nmi64.oracle;

import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** nmi64 against KVM; docs/fidelity.md says what the backend is worth. */
@Execution(ExecutionMode.CONCURRENT)
class KvmMachineTest extends MachineOracleContract {
    KvmMachineTest() {
        super(new KvmMachine(), 2);
    }
}
