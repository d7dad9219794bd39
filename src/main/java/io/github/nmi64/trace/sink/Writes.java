package io.github.nmi64.trace.sink;

import java.util.Arrays;

/** The stores of one instruction, in order. Mutable and reused; grows with the longest repeated string instruction. */
final class Writes {
    private long[] addresses = new long[8];
    private long[] values = new long[8];
    private int[] sizes = new int[8];
    private int count;
    private int mark;

    Writes() {}

    /** How many stores there were. */
    int count() {
        return count;
    }

    /** Linear address of the lowest byte of a store, {@code index} from 0. */
    long address(int index) {
        return addresses[index];
    }

    /** Bytes of a store, 1 to 8. */
    int size(int index) {
        return sizes[index];
    }

    /** Value of a store, zero above its size. */
    long value(int index) {
        return values[index];
    }

    void add(long address, int size, long value) {
        if (count == sizes.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            values = Arrays.copyOf(values, 2 * count);
            sizes = Arrays.copyOf(sizes, 2 * count);
        }
        addresses[count] = address;
        values[count] = value & -1L >>> 64 - 8 * size;
        sizes[count++] = size;
    }

    void clear() {
        count = 0;
        mark = 0;
    }

    /** What follows may have to be taken back. */
    void mark() {
        mark = count;
    }

    /** Takes back what was added since {@link #mark}. */
    void backToMark() {
        count = mark;
    }
}
