package io.github.nmi64.image;

import io.github.nmi64.bits.Hex;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * One PT_LOAD segment: bytes at a linear address, followed by zeros up to its size in memory. Immutable.
 *
 * <p>The flags are what the linker wrote; a machine at reset maps every segment readable, writable and executable for
 * CPL 0, so they only tell code from data.
 */
public final class LoadSegment {
    private final long address;
    private final byte[] data;
    private final long memorySize;
    private final int flags;

    /** Takes the array over; the caller keeps no reference to it. */
    LoadSegment(long address, byte[] data, long memorySize, int flags) {
        this.address = address;
        this.data = data;
        this.memorySize = memorySize;
        this.flags = flags;
    }

    /**
     * A segment.
     *
     * @param data taken over; the caller keeps no reference to it
     * @param memorySize from the number of bytes of {@code data}
     * @param flags 1 to execute, 2 to write, 4 to read
     */
    public static LoadSegment of(long address, byte[] data, long memorySize, int flags) {
        return new LoadSegment(address, data, memorySize, flags);
    }

    /**
     * Refuses segments that overlap.
     *
     * @param ascending by address
     */
    static void checkDisjoint(String image, List<LoadSegment> ascending) {
        for (int i = 1; i < ascending.size(); i++) {
            LoadSegment lower = ascending.get(i - 1);
            LoadSegment upper = ascending.get(i);
            if (lower.contains(upper.address)) {
                throw new ImageFormatException(
                        image, "the segments " + lower.range() + " and " + upper.range() + " overlap");
            }
        }
    }

    private String range() {
        return Hex.of(address) + " to " + Hex.of(address + memorySize - 1);
    }

    /** The linear address of the first byte; canonical, as is that of the last byte. */
    public long address() {
        return address;
    }

    /** The bytes the file holds, at most {@link #memorySize} of them; read-only and not copied. */
    public ByteBuffer data() {
        return ByteBuffer.wrap(data).asReadOnlyBuffer();
    }

    /** The segment with other bytes at an address; it {@link #holds} them. */
    LoadSegment patched(long at, byte[] bytes) {
        byte[] changed = data.clone();
        System.arraycopy(bytes, 0, changed, (int) (at - address), bytes.length);
        return new LoadSegment(address, changed, memorySize, flags);
    }

    /** The number of bytes the file holds. */
    public int dataSize() {
        return data.length;
    }

    /** The number of bytes in memory, from {@link #dataSize}; those past the data are zero. */
    public long memorySize() {
        return memorySize;
    }

    /** PF_R: the linker meant it to be read. */
    public boolean readable() {
        return (flags & 4) != 0;
    }

    /** PF_W: the linker meant it to be written. */
    public boolean writable() {
        return (flags & 2) != 0;
    }

    /** PF_X: the linker meant it to be executed. */
    public boolean executable() {
        return (flags & 1) != 0;
    }

    /** Whether an address is inside the segment's memory. */
    public boolean contains(long linearAddress) {
        return Long.compareUnsigned(linearAddress - address, memorySize) < 0;
    }

    /** Whether a run of bytes is inside the data. */
    boolean holds(long from, long size) {
        return contains(from) && size <= data.length - (from - address);
    }

    /** A copy of a run of bytes that {@link #holds}. */
    byte[] bytes(long from, int size) {
        int start = (int) (from - address);
        return Arrays.copyOfRange(data, start, start + size);
    }
}
