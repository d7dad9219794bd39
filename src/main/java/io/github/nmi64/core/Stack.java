package io.github.nmi64.core;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.SegmentState;

/**
 * The stack as PUSH, POP, CALL, RET and the far transfers see it: RSP in 64-bit mode, ESP or SP according to SS.B in
 * compatibility mode (SDM vol. 1, 6.2.5). Nothing moves the stack pointer before its memory access has succeeded.
 */
public final class Stack {
    private Stack() {}

    /** Pushes the low {@code bits} (16, 32 or 64) of a value. */
    public static void push(Core core, int bits, long value) {
        store(core, -(bits >>> 3), bits, value);
        adjust(core, -(bits >>> 3));
    }

    /** Pops {@code bits} bits, zero-extended. */
    public static long pop(Core core, int bits) {
        long value = load(core, 0, bits);
        adjust(core, bits >>> 3);
        return value;
    }

    /** Reads at a distance in bytes from the top of the stack, leaving the stack pointer alone. */
    public static long load(Core core, long distance, int bits) {
        return core.memory.read(address(core, distance, bits >>> 3, false), bits, Segment.SS);
    }

    /** Writes at a distance in bytes from the top of the stack, leaving the stack pointer alone. */
    public static void store(Core core, long distance, int bits, long value) {
        core.memory.write(address(core, distance, bits >>> 3, true), bits, value, Segment.SS);
    }

    /** Moves the stack pointer by a number of bytes. */
    public static void adjust(Core core, long bytes) {
        pointer(core, core.state.gpr[Gpr.RSP] + bytes);
    }

    /** Sets as much of RSP as the stack address size covers. */
    public static void pointer(Core core, long value) {
        long[] gpr = core.state.gpr;
        if (core.mode.is64()) {
            gpr[Gpr.RSP] = value;
        } else if (big(core)) {
            gpr[Gpr.RSP] = value & 0xffff_ffffL;
        } else {
            gpr[Gpr.RSP] = gpr[Gpr.RSP] & ~0xffffL | value & 0xffff;
        }
    }

    /** Linear address at a distance from the top of the stack. */
    private static long address(Core core, long distance, int size, boolean write) {
        return linear(core, core.state.gpr[Gpr.RSP] + distance, size, write);
    }

    /** Linear address of an offset in the stack segment, truncated to the stack address size and checked. */
    public static long linear(Core core, long offset, int size, boolean write) {
        if (core.mode.is64()) {
            return offset;
        }
        return SegmentAccess.linear(core, Segment.SS, offset & (big(core) ? 0xffff_ffffL : 0xffff), size, write);
    }

    private static boolean big(Core core) {
        return (core.state.segments.rights[Segment.SS] & SegmentState.BIG) != 0;
    }
}
