package io.github.nmi64.state;

/** What the debug registers show once a #DB has been raised (SDM vol. 3, 17.2.3; TP-175, TP-178). */
public final class DebugStatus {
    private static final long MATCHES = 0xf;

    private DebugStatus() {}

    /**
     * Records a #DB: B0 to B3 are rewritten, BD and BS are only ever set; general detection ends, so that the handler can
     * use the debug registers. Happens before delivery and stays if the delivery faults (TP-120). The caller refreshes
     * what depends on DR7.
     *
     * @param causes bits of DR6
     */
    public static void raise(CpuState state, long causes) {
        state.dr6 = state.dr6 & ~MATCHES | causes;
        state.dr7 &= ~Control.DR7_GD;
    }
}
