package io.github.nmi64.segmentation;

import io.github.nmi64.state.SegmentState;

/**
 * A segment descriptor, or the low half of a 16-byte system descriptor, as it lies in memory (SDM vol. 3, 3.4.5).
 *
 * @param raw the eight bytes, little-endian
 */
public record Descriptor(long raw) {
    /** Type bit of a code or data segment: it has been loaded. */
    public static final long ACCESSED = 1L << 40;
    /** Type bit of a TSS descriptor: the task is in use. */
    public static final long BUSY = 1L << 41;

    private static final int CODE = 8;
    private static final int CONFORMING = 4;
    private static final int WRITABLE_OR_READABLE = 2;

    /** Access rights in the layout of {@link SegmentState}. */
    public int rights() {
        return (int) (raw >>> 40) & 0xf0ff;
    }

    /** Base address, 32 bits. */
    public long base() {
        return raw >>> 16 & 0xff_ffff | raw >>> 32 & 0xff00_0000L;
    }

    /** Limit in bytes, granularity applied. */
    public long limit() {
        long limit = raw & 0xffff | raw >>> 32 & 0xf_0000;
        return (rights() & SegmentState.GRANULAR) != 0 ? limit << 12 | 0xfff : limit;
    }

    /** The four type bits. */
    public int type() {
        return rights() & SegmentState.TYPE;
    }

    /** Descriptor privilege level. */
    public int dpl() {
        return rights() >>> 5 & 3;
    }

    public boolean isPresent() {
        return (rights() & SegmentState.PRESENT) != 0;
    }

    /** True for a code segment. */
    public boolean isCode() {
        return isCodeOrData() && (type() & CODE) != 0;
    }

    /** True for a data segment. */
    public boolean isData() {
        return isCodeOrData() && (type() & CODE) == 0;
    }

    /** False for system descriptors (TSS, LDT, gates). */
    public boolean isCodeOrData() {
        return (rights() & SegmentState.CODE_OR_DATA) != 0;
    }

    /** True for a conforming code segment. */
    public boolean isConforming() {
        return isCode() && (type() & CONFORMING) != 0;
    }

    /** True for a data segment that may be written. */
    public boolean isWritable() {
        return isData() && (type() & WRITABLE_OR_READABLE) != 0;
    }

    /** True for any data segment and for code that may be read. */
    public boolean isReadable() {
        return isData() || isCode() && (type() & WRITABLE_OR_READABLE) != 0;
    }

    /** The L bit: 64-bit code. */
    public boolean isLong() {
        return (rights() & SegmentState.LONG) != 0;
    }

    /** The D/B bit. */
    public boolean isBig() {
        return (rights() & SegmentState.BIG) != 0;
    }
}
