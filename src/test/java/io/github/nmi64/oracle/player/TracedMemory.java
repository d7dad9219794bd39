package io.github.nmi64.oracle.player;

import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory by linear address, as the image and the writes of a trace tell it; what neither has told is zero. Every write goes
 * into a journal, so it can be undone, and so that what was changed since a moment is known.
 */
final class TracedMemory {
    private static final int PAGE_WORDS = 512;

    private final Map<Long, long[]> pages = new HashMap<>();
    private long[] addresses = new long[1024];
    private long[] olds = new long[1024];
    private int length;
    private long lastPage = -1;
    private long @Nullable [] last;

    TracedMemory(ElfImage image) {
        for (LoadSegment segment : image.segments()) {
            ByteBuffer data = segment.data();
            for (int i = 0; i < data.capacity(); i++) {
                write(segment.address() + i, 1, data.get(i));
            }
        }
        length = 0;
    }

    private long[] page(long address) {
        long number = address >>> 12;
        if (last == null || number != lastPage) {
            lastPage = number;
            last = pages.computeIfAbsent(number, n -> new long[PAGE_WORDS]);
        }
        return last;
    }

    private static int index(long address) {
        return (int) (address >>> 3) & PAGE_WORDS - 1;
    }

    /** The quadword that begins at an address. */
    long quadword(long address) {
        int shift = (int) (address & 7) * 8;
        long low = page(address)[index(address)] >>> shift;
        return shift == 0 ? low : low | page(address + 7)[index(address + 7)] << 64 - shift;
    }

    /** A store of 1 to 8 bytes. */
    void write(long address, int size, long value) {
        int offset = (int) (address & 7);
        long mask = size == 8 ? -1L : (1L << 8 * size) - 1;
        set(address & ~7L, mask << 8 * offset, (value & mask) << 8 * offset);
        if (offset + size > 8) {
            int done = 8 * (8 - offset);
            set((address & ~7L) + 8, mask >>> done, (value & mask) >>> done);
        }
    }

    private void set(long address, long mask, long bits) {
        long[] page = page(address);
        int index = index(address);
        if (length == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * length);
            olds = Arrays.copyOf(olds, 2 * length);
        }
        addresses[length] = address;
        olds[length++] = page[index];
        page[index] = page[index] & ~mask | bits;
    }

    /** This moment, for the two methods below. */
    int mark() {
        return length;
    }

    /** Goes back to a moment. */
    void undo(int mark) {
        while (length > mark) {
            length--;
            page(addresses[length])[index(addresses[length])] = olds[length];
        }
    }

    /** The aligned quadwords that are not what they were at a moment, with what they were, in the order of their writes. */
    Map<Long, Long> changedSince(int mark) {
        Map<Long, Long> first = new LinkedHashMap<>();
        for (int i = mark; i < length; i++) {
            first.putIfAbsent(addresses[i], olds[i]);
        }
        first.entrySet().removeIf(entry -> quadword(entry.getKey()) == entry.getValue());
        return first;
    }
}
