package io.github.nmi64.trace;

/**
 * What an event is, by the types the manual numbers (SDM vol. 3, "VM-Entry Controls for Event Injection"; FRED pushes the
 * same numbers). It decides how the event is delivered.
 */
public enum EventType {
    /** Maskable interrupt through INTR. */
    EXTERNAL_INTERRUPT(0),
    /** Non-maskable interrupt. */
    NMI(2),
    /** Fault, trap or abort raised by the processor. */
    HARDWARE_EXCEPTION(3),
    /** INT n. */
    SOFTWARE_INTERRUPT(4),
    /** INT1, delivered like a hardware exception (TP-133). */
    PRIVILEGED_SOFTWARE_EXCEPTION(5),
    /** INT3 and INTO. */
    SOFTWARE_EXCEPTION(6);

    private final int number;

    EventType(int number) {
        this.number = number;
    }

    /** The manual's number, 0 to 6. */
    public int number() {
        return number;
    }

    /** True if an instruction asks for the event: INT n, INT1, INT3, INTO. */
    public boolean isRaisedByInstruction() {
        return number >= SOFTWARE_INTERRUPT.number;
    }

    /** True if the gate's DPL must admit who asks for the event: INT n, INT3, INTO. */
    public boolean isSubjectToDpl() {
        return isRaisedByInstruction() && this != PRIVILEGED_SOFTWARE_EXCEPTION;
    }
}
