package io.github.nmi64.oracle.peer;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The registers of a machine at a boundary, as far as it tells: nmi64 tells all of them, a peer's debugger may not.
 *
 * <p>Immutable once handed on.
 */
final class Registers {
    /** Names in the order of their indices; the general registers come first, in encoding order. */
    static final List<String> NAMES = names();

    static final int RIP = Gpr.COUNT;
    static final int RFLAGS = RIP + 1;
    /** The six selectors, in encoding order. */
    static final int SELECTORS = RFLAGS + 1;

    static final int CS = SELECTORS + Segment.CS;

    static final int CR2 = SELECTORS + 6;
    static final int FS_BASE = CR2 + 1;
    static final int GS_BASE = CR2 + 2;
    static final int KERNEL_GS_BASE = CR2 + 3;
    private static final int COUNT = CR2 + 4;

    private final long[] values = new long[COUNT];
    private final boolean[] known = new boolean[COUNT];
    /** In compatibility mode the upper halves of registers are undefined (SDM vol. 1, 3.4.1.1). */
    private boolean halves;

    private static List<String> names() {
        List<String> names = new ArrayList<>(Gpr.NAMES);
        names.addAll(List.of("rip", "rflags"));
        names.addAll(Segment.NAMES.subList(0, 6));
        names.addAll(List.of("cr2", "fs_base", "gs_base", "kernel_gs_base"));
        return List.copyOf(names);
    }

    /** Those of nmi64. */
    static Registers of(CpuState state) {
        Registers registers = new Registers();
        for (int i = 0; i < Gpr.COUNT; i++) {
            registers.set(i, state.gpr[i]);
        }
        registers.halves = (state.segments.rights[Segment.CS] & SegmentState.LONG) == 0;
        registers.set(RIP, state.rip);
        registers.set(RFLAGS, state.rflags);
        for (int segment = 0; segment < 6; segment++) {
            registers.set(SELECTORS + segment, state.selector(segment));
        }
        registers.set(CR2, state.cr2);
        registers.set(FS_BASE, state.segments.base[Segment.FS]);
        registers.set(GS_BASE, state.segments.base[Segment.GS]);
        registers.set(KERNEL_GS_BASE, state.kernelGsBase);
        return registers;
    }

    /** Notes a value while the registers are being read. */
    void set(int register, long value) {
        values[register] = value;
        known[register] = true;
    }

    long get(int register) {
        return values[register];
    }

    boolean knows(int register) {
        return known[register];
    }

    /** Registers both sides tell and whose values differ, ascending. */
    List<Integer> differing(Registers other) {
        List<Integer> differing = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            long mask = halves && i < Gpr.COUNT ? i < 8 ? 0xffff_ffffL : 0 : -1;
            if (known[i] && other.known[i] && ((values[i] ^ other.values[i]) & mask) != 0) {
                differing.add(i);
            }
        }
        return differing;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Registers that
                && Arrays.equals(values, that.values)
                && Arrays.equals(known, that.known);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }
}
