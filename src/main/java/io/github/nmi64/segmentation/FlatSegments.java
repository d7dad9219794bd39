package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Segment;

/**
 * The fixed segments that SYSCALL, SYSRET, SYSENTER and SYSEXIT load without reading any descriptor (SDM vol. 2, by name;
 * TP-183): base 0, limit 4 GiB, accessed, at the privilege level given. The caller calls {@link Core#modeChanged}.
 */
public final class FlatSegments {
    private static final int CODE = 0x809b;
    private static final int CODE_64 = CODE | 0x2000;
    private static final int CODE_32 = CODE | 0x4000;
    private static final int STACK = 0xc093;
    private static final long LIMIT = 0xffff_ffffL;

    private FlatSegments() {}

    /** Loads CS with 64-bit code and sets CPL; the selector's RPL becomes CPL. */
    public static void loadCode64(Core core, int selector, int cpl) {
        load(core, Segment.CS, selector & ~3 | cpl, CODE_64, cpl);
        core.state.cpl = cpl;
    }

    /** Loads CS with 32-bit code and sets CPL; the selector's RPL becomes CPL. */
    public static void loadCode32(Core core, int selector, int cpl) {
        load(core, Segment.CS, selector & ~3 | cpl, CODE_32, cpl);
        core.state.cpl = cpl;
    }

    /** Loads SS with 32-bit writable data; the selector stays as it is, RPL included. */
    public static void loadStack(Core core, int selector, int cpl) {
        load(core, Segment.SS, selector, STACK, cpl);
    }

    private static void load(Core core, int segment, int selector, int rights, int cpl) {
        core.state.segments.load(segment, selector, 0, LIMIT, rights | cpl << 5);
    }
}
