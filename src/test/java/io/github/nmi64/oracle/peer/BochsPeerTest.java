package io.github.nmi64.oracle.peer;

import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** nmi64 beside Bochs; docs/fidelity.md says what differs. */
@Execution(ExecutionMode.CONCURRENT)
class BochsPeerTest extends PeerContract {
    BochsPeerTest() {
        super(PeerMachine.BOCHS);
    }
}
