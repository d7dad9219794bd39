package io.github.nmi64.oracle.peer;

/** nmi64 beside Bochs; docs/fidelity.md says what differs. */
class BochsPeerTest extends PeerContract {
    BochsPeerTest() {
        super(PeerMachine.BOCHS);
    }
}
