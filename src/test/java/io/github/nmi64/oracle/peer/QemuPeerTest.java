package io.github.nmi64.oracle.peer;

/** nmi64 beside QEMU; docs/fidelity.md says what differs. */
class QemuPeerTest extends PeerContract {
    QemuPeerTest() {
        super(PeerMachine.QEMU);
    }
}
