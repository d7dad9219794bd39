package io.github.nmi64.state;

import io.github.nmi64.bits.Digest;

/**
 * The event unit: what has been signalled to the processor and not yet delivered, and what holds it back.
 *
 * <p>The NMI line, the latch, blocking and the interrupt shadow are four separate facts (SDM vol. 3, 6.7.1 and 6.8.3):
 *
 * <pre>
 *   line --rising edge--> latched --boundary, not blocked, no shadow--> delivery --> blocked --IRET begins--> unblocked
 * </pre>
 */
public final class InterruptState {
    /** {@link #shadow}: none. */
    public static final int NO_SHADOW = 0;
    /** {@link #shadow}: the boundary after an STI that set IF. */
    public static final int STI_SHADOW = 1;
    /** {@link #shadow}: the boundary after MOV SS or POP SS. */
    public static final int MOV_SS_SHADOW = 2;

    /** Level of the NMI pin. */
    public boolean nmiLine;
    /** The line is high because of a pulse, which ends at the next boundary. */
    public boolean nmiPulse;
    /** An edge has been remembered and not yet delivered; at most one is (TP-007). */
    public boolean nmiLatched;
    /** An NMI was delivered and no IRET has begun since (TP-005). */
    public boolean nmiBlocked;
    /** Shadow that covers the next boundary. */
    public int shadow;
    /** Shadow that covered the boundary before the instruction in progress; matters for MOV SS chains (TP-060). */
    public int coveringShadow;
    /** A machine check waits. */
    public boolean machineCheck;
    /** Interrupt requests: one bit per vector, delivered highest vector first while IF allows. */
    public final long[] requests = new long[4];
    /** A debug trap waits for the next boundary. */
    public boolean debugTrap;
    /** DR6 bits the waiting debug trap will set. */
    public long debugStatus;
    /** An instruction is preceded by a breakpoint exception, once, that somebody outside the program planted. */
    public boolean injectedInt3;
    /** RIP of that instruction. */
    public long injectedInt3Rip;
    /** The next IRET faults, as if its frame no longer named valid segments. */
    public boolean iretFault;
    /** TF was set when the instruction in progress began (TP-164). */
    public boolean stepping;
    /**
     * The last step was an unfinished iteration of a repeated string instruction at the current RIP (TP-074). Whoever moves
     * RIP from outside has to {@link #endRepetition}.
     */
    public boolean repeating;
    /** The first eight bytes of that instruction as it was fetched, which is not done again between iterations; else 0. */
    public long repeatedLow;
    /** Its other bytes. */
    public long repeatedHigh;

    /** Copies everything from another event unit. */
    public void copyFrom(InterruptState other) {
        nmiLine = other.nmiLine;
        nmiPulse = other.nmiPulse;
        nmiLatched = other.nmiLatched;
        nmiBlocked = other.nmiBlocked;
        shadow = other.shadow;
        coveringShadow = other.coveringShadow;
        machineCheck = other.machineCheck;
        System.arraycopy(other.requests, 0, requests, 0, requests.length);
        debugTrap = other.debugTrap;
        debugStatus = other.debugStatus;
        injectedInt3 = other.injectedInt3;
        injectedInt3Rip = other.injectedInt3Rip;
        iretFault = other.iretFault;
        stepping = other.stepping;
        repeating = other.repeating;
        repeatedLow = other.repeatedLow;
        repeatedHigh = other.repeatedHigh;
    }

    /** True if an NMI waits and nothing but a shadow may hold it (SDM vol. 3, 6.7). */
    public boolean nmiDeliverable() {
        return nmiLatched && !nmiBlocked;
    }

    /** An iteration is done and others remain. */
    public void repeat(long low, long high) {
        repeating = true;
        repeatedLow = low;
        repeatedHigh = high;
    }

    /** The repeated string instruction is done, or has been interrupted and will be fetched again. */
    public void endRepetition() {
        repeating = false;
        repeatedLow = 0;
        repeatedHigh = 0;
    }

    /** {@link #bits}: the bit of {@link #nmiLatched}. */
    public static final long LATCHED = 1 << 2;
    /** {@link #bits}: the bit of {@link #machineCheck}. */
    public static final long MACHINE_CHECK = 1 << 4;
    /** {@link #bits}: the bit of {@link #debugTrap}. */
    public static final long DEBUG_TRAP = 1 << 5;
    /** {@link #bits}: the bit of {@link #injectedInt3}. */
    public static final long INJECTED_INT3 = 1 << 8;
    /** {@link #bits}: the bit of {@link #iretFault}. */
    public static final long IRET_FAULT = 1 << 9;

    /** Everything but the requests, the debug status and the bytes of a repeated instruction, as bits. */
    public long bits() {
        return (nmiLine ? 1 : 0)
                | (nmiPulse ? 1 << 1 : 0)
                | (nmiLatched ? LATCHED : 0)
                | (nmiBlocked ? 1 << 3 : 0)
                | (machineCheck ? MACHINE_CHECK : 0)
                | (debugTrap ? DEBUG_TRAP : 0)
                | (stepping ? 1 << 6 : 0)
                | (repeating ? 1 << 7 : 0)
                | (injectedInt3 ? INJECTED_INT3 : 0)
                | (iretFault ? IRET_FAULT : 0)
                | (long) shadow << 10
                | (long) coveringShadow << 12;
    }

    /** What identifies the set of requests, in 64 bits; 0 if there is none. */
    public long requestBits() {
        long word = 0;
        for (int i = 0; i < requests.length; i++) {
            word ^= requests[i] == 0 ? 0 : Digest.mix(requests[i] + i * 0x9e37_79b9_7f4a_7c15L);
        }
        return word;
    }

    /** True if any maskable interrupt is requested. */
    public boolean requested() {
        return (requests[0] | requests[1] | requests[2] | requests[3]) != 0;
    }

    /** Requests an interrupt with this vector, 16 to 255. A second request before delivery merges with the first. */
    public void request(int vector) {
        requests[vector >>> 6] |= 1L << vector;
    }

    /** Highest requested vector, or -1. */
    public int highestRequest() {
        for (int i = 3; i >= 0; i--) {
            if (requests[i] != 0) {
                return i * 64 + 63 - Long.numberOfLeadingZeros(requests[i]);
            }
        }
        return -1;
    }

    /** Takes a request away: its interrupt is being delivered. */
    public void acknowledge(int vector) {
        requests[vector >>> 6] &= ~(1L << vector);
    }
}
