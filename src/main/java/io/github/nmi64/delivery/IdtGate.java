package io.github.nmi64.delivery;

/**
 * A 16-byte gate of the 64-bit IDT (SDM vol. 3, figure 6-8).
 *
 * @param low bytes 0 to 7
 * @param high bytes 8 to 15
 */
record IdtGate(long low, long high) {
    /** Bytes per gate. */
    static final int SIZE = 16;

    private static final int INTERRUPT_GATE = 0xe;
    private static final int TRAP_GATE = 0xf;

    /** Address of the handler. */
    long offset() {
        return low & 0xffff | low >>> 32 & 0xffff_0000L | high << 32;
    }

    int selector() {
        return (int) (low >>> 16) & 0xffff;
    }

    /** Index into the interrupt stack table, 0 if unused. */
    int ist() {
        return (int) (low >>> 32) & 7;
    }

    /** True for the two gate types of long mode; the second half's type bits must be zero (TP-083, TP-084). */
    boolean isInterruptOrTrapGate() {
        int typeAndS = (int) (low >>> 40) & 0x1f;
        return (typeAndS == INTERRUPT_GATE || typeAndS == TRAP_GATE) && (high >>> 40 & 0x1f) == 0;
    }

    /** True if delivery clears IF. */
    boolean clearsIf() {
        return ((int) (low >>> 40) & 0x1f) == INTERRUPT_GATE;
    }

    int dpl() {
        return (int) (low >>> 45) & 3;
    }

    boolean isPresent() {
        return (low >>> 47 & 1) != 0;
    }
}
