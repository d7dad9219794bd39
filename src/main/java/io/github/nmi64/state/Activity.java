package io.github.nmi64.state;

/** What the processor does between events (SDM vol. 3, 24.4.2). */
public enum Activity {
    /** Executes instructions. */
    ACTIVE,
    /** HLT was executed; an unblocked event ends it. */
    HALTED,
    /** A triple fault occurred; only an unblocked NMI or a reset ends it (SDM vol. 3, 6.15, interrupt 8). */
    SHUTDOWN
}
