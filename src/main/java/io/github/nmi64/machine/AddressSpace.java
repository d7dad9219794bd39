package io.github.nmi64.machine;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import java.nio.ByteBuffer;

/**
 * Lays out physical memory at reset and writes the page tables that map it.
 *
 * <p>The low 64 MiB of RAM are mapped one to one. Segments of the image with other addresses get pages above them. The
 * machine's own structures take the top of the low 64 MiB, growing downward: the GDT, a default stack, page tables. Every
 * entry is made accessed and dirty, so that touching memory does not change the tables.
 */
public final class AddressSpace {
    /** RAM mapped one to one. */
    static final long LOW_RAM = 64L << 20;
    /** Bytes of the default stack. */
    public static final int STACK_SIZE = 64 << 10;

    private static final long PRESENT = 1;
    private static final long WRITABLE = 1 << 1;
    private static final long USER = 1 << 2;
    private static final long ACCESSED = 1 << 5;
    private static final long DIRTY = 1 << 6;
    private static final long TABLE = PRESENT | WRITABLE | USER | ACCESSED;
    private static final long SUPERVISOR_PAGE = PRESENT | WRITABLE | ACCESSED | DIRTY;

    private final PhysicalMemory memory;
    private long bottom = LOW_RAM;
    private long next = LOW_RAM;
    private final long root;
    private final long gdt;
    private final long stackTop;

    /** Maps the low RAM. */
    AddressSpace(PhysicalMemory memory) {
        this.memory = memory;
        this.gdt = takeLow(Page.SIZE);
        this.stackTop = gdt;
        takeLow(STACK_SIZE);
        this.root = takeLow(Page.SIZE);
        for (long address = 0; address < LOW_RAM; address += Page.SIZE) {
            memory.store64(entry(address), address | SUPERVISOR_PAGE);
        }
    }

    private long takeLow(int bytes) {
        bottom -= bytes;
        return bottom;
    }

    /** Physical address of the top-level table. */
    long root() {
        return root;
    }

    /** Linear and physical address of the GDT's page. */
    long gdt() {
        return gdt;
    }

    /** Address just above the default stack. */
    long stackTop() {
        return stackTop;
    }

    /** Lowest address the machine's own structures take; an image must end below it or begin at 64 MiB. */
    long reservedFrom() {
        return bottom;
    }

    /** Copies bytes to linear addresses, mapping pages that are not mapped yet. */
    void load(long linear, ByteBuffer bytes, long size) {
        for (long page = linear & -Page.SIZE; page - linear < size; page += Page.SIZE) {
            map(page);
        }
        byte[] piece = new byte[Page.SIZE];
        for (int done = 0; done < bytes.capacity(); ) {
            long address = linear + done;
            int count = (int) Math.min(bytes.capacity() - done, Page.SIZE - (address & Page.SIZE - 1));
            bytes.get(done, piece, 0, count);
            memory.write(physical(address), piece, 0, count);
            done += count;
        }
    }

    private void map(long page) {
        long entry = entry(page);
        if ((memory.load64(entry) & PRESENT) == 0) {
            memory.store64(entry, next | SUPERVISOR_PAGE);
            next += Page.SIZE;
        }
    }

    private long physical(long linear) {
        return memory.load64(entry(linear)) & -Page.SIZE & ~(-1L << 52) | linear & Page.SIZE - 1;
    }

    /** Lets user mode access the mapped pages from {@code start} up to {@code end}. */
    void allowUser(long start, long end) {
        for (long page = start & -Page.SIZE; page < end; page += Page.SIZE) {
            long entry = entry(page);
            long value = memory.load64(entry);
            if ((value & PRESENT) == 0) {
                throw new BootImageException("user range " + Hex.of(start) + ".." + Hex.of(end) + ": page "
                        + Hex.of(page) + " is not mapped; give it a segment");
            }
            memory.store64(entry, value | USER);
        }
    }

    /** Physical address of the last-level entry for a linear address; makes the tables above it. */
    private long entry(long linear) {
        long table = root;
        for (int shift = 39; shift > 12; shift -= 9) {
            long at = table | (linear >>> shift & 0x1ff) << 3;
            long value = memory.load64(at);
            if ((value & PRESENT) == 0) {
                value = takeLow(Page.SIZE) | TABLE;
                memory.store64(at, value);
            }
            table = value & -Page.SIZE;
        }
        return table | (linear >>> 12 & 0x1ff) << 3;
    }
}
