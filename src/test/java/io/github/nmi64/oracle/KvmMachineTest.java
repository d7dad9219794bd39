package io.github.nmi64.oracle;

/** nmi64 against KVM; docs/fidelity.md says what the backend is worth. */
class KvmMachineTest extends MachineOracleContract {
    KvmMachineTest() {
        super(new KvmMachine(), 2);
    }
}
