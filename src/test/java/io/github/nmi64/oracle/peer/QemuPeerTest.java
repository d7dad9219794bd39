package io.github.nmi64.oracle.peer;

import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** nmi64 beside QEMU; docs/fidelity.md says what differs. */
@Execution(ExecutionMode.CONCURRENT)
class QemuPeerTest extends PeerContract {
    QemuPeerTest() {
        super(PeerMachine.QEMU);
    }
}
