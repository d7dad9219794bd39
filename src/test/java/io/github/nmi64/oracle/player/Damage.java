package io.github.nmi64.oracle.player;

/**
 * What an event did to the program it interrupted.
 *
 * @param kind what was demanded and not found
 * @param detail for a person
 */
record Damage(Kind kind, String detail) {
    /** What is demanded of a run. */
    enum Kind {
        /** The program goes on where it was interrupted, with its registers and its memory. */
        RESUMED,
        /** The program's instructions execute in the order, from the states and with the stores of the undisturbed run. */
        ORDER,
        /** The handler's body starts after a delivery, before the program goes on; no NMI stays behind. */
        HANDLER,
        /** The saved registers are the interrupted program's when the handler's body starts. */
        PT_REGS,
        /** The run ends as the undisturbed one: outcome, exit value, output. */
        END
    }

    @Override
    public String toString() {
        return kind + ": " + detail;
    }
}
