package io.github.nmi64.core;

import io.github.nmi64.state.CpuState;

/** The address comparators of DR0 to DR3 (SDM vol. 3, 17.2.4 and 17.2.5; TP-170, TP-172, TP-174). */
public final class AddressBreakpoints {
    /** R/W field: instruction execution. */
    public static final int EXECUTION = 0;
    /** R/W field: data writes. */
    public static final int WRITES = 1;
    /** R/W field: I/O. */
    public static final int PORTS = 2;
    /** Data reads: only breakpoints on reads and writes match. */
    public static final int ANY_DATA = 3;

    private static final int[] LENGTHS = {1, 2, 8, 4};

    private AddressBreakpoints() {}

    /**
     * DR6 bits B0 to B3 of the enabled breakpoints that an access touches.
     *
     * @param kind what the access is: {@link #EXECUTION}, {@link #WRITES}, {@link #PORTS} or {@link #ANY_DATA} for a read
     */
    public static long matching(CpuState state, long address, int size, int kind) {
        long matches = 0;
        for (int i = 0; i < 4; i++) {
            int field = (int) (state.dr7 >>> 16 + 4 * i) & 15;
            boolean enabled = (state.dr7 >>> 2 * i & 3) != 0;
            int type = field & 3;
            boolean wanted = type == kind || type == ANY_DATA && kind == WRITES;
            int length = LENGTHS[field >>> 2];
            long start = state.dr[i] & -length;
            if (enabled && wanted && address + size - 1 - start >= 0 && start + length - 1 - address >= 0) {
                matches |= 1L << i;
            }
        }
        return matches;
    }
}
