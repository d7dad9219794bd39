package io.github.nmi64.state;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Segment;

/**
 * Visible and hidden parts of the six segment registers, LDTR and TR, indexed by {@link Segment}.
 *
 * <p>Access rights have the descriptor's layout moved down by 40 bits: type in bits 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13,
 * D/B 14, G 15, and bit 16 set for an unusable register (the layout of the VMCS, SDM vol. 3, 24.4.1).
 */
public final class SegmentState {
    /** Access-rights bits. */
    public static final int TYPE = 0xf;

    public static final int CODE_OR_DATA = 1 << 4;
    public static final int PRESENT = 1 << 7;
    public static final int LONG = 1 << 13;
    public static final int BIG = 1 << 14;
    public static final int GRANULAR = 1 << 15;
    public static final int UNUSABLE = 1 << 16;

    /** Selectors, 16 bits each. */
    public final int[] selector = new int[Segment.COUNT];
    /** Base addresses. */
    public final long[] base = new long[Segment.COUNT];
    /** Limits in bytes, 32 bits, granularity already applied. */
    public final long[] limit = new long[Segment.COUNT];
    /** Access rights. */
    public final int[] rights = new int[Segment.COUNT];

    /** Copies all registers. */
    public void copyFrom(SegmentState other) {
        System.arraycopy(other.selector, 0, selector, 0, selector.length);
        System.arraycopy(other.base, 0, base, 0, base.length);
        System.arraycopy(other.limit, 0, limit, 0, limit.length);
        System.arraycopy(other.rights, 0, rights, 0, rights.length);
    }

    /** Puts all registers into words from {@code at} on; answers the index behind them. */
    int collect(long[] words, int at) {
        int next = at;
        for (int i = 0; i < Segment.COUNT; i++) {
            words[next++] = base[i];
            words[next++] = limit[i] << 32 | selector[i];
        }
        for (int i = 0; i < Segment.COUNT; i++) {
            words[next++] = rights[i];
        }
        return next;
    }

    /** Sets one register, visible and hidden part. */
    public void load(int segment, int selector, long base, long limit, int rights) {
        this.selector[segment] = selector & 0xffff;
        this.base[segment] = base;
        this.limit[segment] = limit & 0xffff_ffffL;
        this.rights[segment] = rights;
    }

    /** Descriptor privilege level of a register's hidden part. */
    public int dpl(int segment) {
        return rights[segment] >>> 5 & 3;
    }

    /** True if the register holds a segment that can be accessed outside 64-bit mode. */
    public boolean usable(int segment) {
        return (rights[segment] & UNUSABLE) == 0;
    }

    /** Mode the code segment selects. */
    public CodeMode codeMode() {
        int cs = rights[Segment.CS];
        return (cs & LONG) != 0 ? CodeMode.LONG64 : (cs & BIG) != 0 ? CodeMode.COMPAT32 : CodeMode.COMPAT16;
    }
}
