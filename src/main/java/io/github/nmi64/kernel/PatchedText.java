package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A kernel's bytes while they are patched: reads see what was written, and the image stays what it is. */
final class PatchedText {
    private static final int PAGE_BITS = 12;
    private static final int PAGE = 1 << PAGE_BITS;

    private final KernelElf elf;
    private final Map<Long, byte[]> written = new HashMap<>();
    private final List<Patch> patches = new ArrayList<>();

    PatchedText(KernelElf elf) {
        this.elf = elf;
    }

    /** True if the file has these bytes. */
    boolean isThere(long address, int size) {
        return elf.isThere(address, size);
    }

    byte[] read(long address, int size) {
        byte[] bytes = new byte[size];
        elf.at(address, size).get(bytes);
        for (int i = 0; i < size; i++) {
            byte[] page = written.get((address + i) >> PAGE_BITS);
            if (page != null) {
                bytes[i] = page[(int) ((address + i) & PAGE - 1)];
            }
        }
        return bytes;
    }

    ByteBuffer buffer(long address, int size) {
        return ByteBuffer.wrap(read(address, size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Puts bytes there; nothing is noted if they are there already. */
    void write(long address, byte[] bytes, String why) {
        if (Arrays.equals(read(address, bytes.length), bytes)) {
            return;
        }
        for (int i = 0; i < bytes.length; i++) {
            long place = address + i;
            page(place)[(int) (place & PAGE - 1)] = bytes[i];
        }
        patches.add(new Patch(address, bytes, why));
    }

    private byte[] page(long address) {
        return written.computeIfAbsent(address >> PAGE_BITS, number -> {
            long start = address & -PAGE;
            byte[] page = new byte[PAGE];
            // a page need not be in the file as a whole
            long from = start;
            while (!elf.isThere(from, 1)) {
                from++;
            }
            ByteBuffer there = elf.upTo(from, PAGE - (from - start));
            there.get(page, (int) (from - start), there.remaining());
            return page;
        });
    }

    /** What was written, in order. */
    List<Patch> patches() {
        return List.copyOf(patches);
    }
}
