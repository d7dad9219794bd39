package io.github.nmi64.trace;

/** How an event came about; decides how its delivery behaves and how it is told. */
public enum EventKind {
    /** Non-maskable interrupt. */
    NMI,
    /** Maskable interrupt through INTR. */
    INTERRUPT,
    /** INT n, INT3, INTO: a software interrupt, subject to the gate's DPL. */
    SOFTWARE,
    /** INT1: privileged software exception, delivered like a hardware event (TP-133). */
    PRIVILEGED_SOFTWARE,
    /** Fault, trap or abort raised by the processor. */
    EXCEPTION
}
