package io.github.nmi64.run;

import io.github.nmi64.machine.Machine;
import java.util.OptionalLong;

/**
 * Notices a guest that runs through memory nobody has written: zeros are a valid instruction, {@code add %al,(%rax)}, and
 * tens of megabytes of them would be executed one after the other.
 */
final class Straying {
    /** Retired instructions between two looks. */
    private static final long INTERVAL = 4096;
    /** Looks in a row that see only zeros. */
    private static final int ENOUGH = 4;

    private static final int WORDS = 8;

    private final Machine machine;
    private long nextLook = INTERVAL;
    private int zeros;

    Straying(Machine machine) {
        this.machine = machine;
    }

    /** Forgets what was seen: the machine goes on from another place. */
    void restart() {
        nextLook = machine.core().retired + INTERVAL;
        zeros = 0;
    }

    /** Call after each step. True if control has left the program. */
    boolean isSure() {
        return machine.core().retired >= nextLook && look();
    }

    private boolean look() {
        nextLook = machine.core().retired + INTERVAL;
        zeros = seesZeros() ? zeros + 1 : 0;
        return zeros == ENOUGH;
    }

    private boolean seesZeros() {
        long linear = machine.core().linearRip();
        for (int quadword = 0; quadword < WORDS; quadword++) {
            OptionalLong value = machine.peek(linear + 8L * quadword);
            if (value.isEmpty() || value.getAsLong() != 0) {
                return false;
            }
        }
        return true;
    }
}
