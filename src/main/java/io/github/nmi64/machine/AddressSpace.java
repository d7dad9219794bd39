package io.github.nmi64.machine;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Lays out physical memory at reset and writes the page tables that map it.
 *
 * <p>The low 64 MiB of RAM are mapped one to one. Segments of the image with other addresses get pages above them. The
 * machine's own structures take the top of the low 64 MiB, growing downward: the GDT, a default stack, page tables. Every
 * entry is made accessed and dirty, so that touching memory does not change the tables.
 *
 * <p>On request there is a second set of page tables, of which the root lies 4 KiB above that of the first, which is then
 * aligned to 8 KiB: bit 12 of CR3 tells them apart.
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
    private final OptionalLong userRoot;
    private final long gdt;
    private final long stackTop;

    /** Physical pages chosen for linear ones that are not mapped yet. */
    private final Map<Long, Long> chosen = new HashMap<>();
    /** The linear page by which a physical one was loaded, to notice what is loaded twice. */
    private final Map<Long, Long> loaded = new HashMap<>();

    /** Maps the low RAM. */
    AddressSpace(PhysicalMemory memory, boolean withUserRoot) {
        this.memory = memory;
        this.gdt = takeLow(Page.SIZE);
        this.stackTop = gdt;
        takeLow(STACK_SIZE);
        if (withUserRoot) {
            takeLow((int) (bottom & Page.SIZE));
            this.userRoot = OptionalLong.of(takeLow(Page.SIZE));
        } else {
            this.userRoot = OptionalLong.empty();
        }
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

    /** Makes the pages from {@code start} up to {@code end} those at a physical address, once they are loaded. */
    void choose(long start, long end, long physical) {
        String what = "physical range " + Hex.of(start) + ".." + Hex.of(end) + " at " + Hex.of(physical);
        requirePages(what, start, end, physical);
        for (long page = start; page - end < 0; page += Page.SIZE) {
            long frame = physical + (page - start);
            if ((memory.load64(entry(page)) & PRESENT) != 0 || chosen.putIfAbsent(page, frame) != null) {
                throw new BootImageException(what + ": page " + Hex.of(page) + " has a physical address already");
            }
        }
        if (physical + (end - start) > LOW_RAM) {
            next = Math.max(next, physical + (end - start));
        }
    }

    /** Makes the pages from {@code start} up to {@code end} the same memory as those from {@code target} on. */
    void alias(long start, long end, long target) {
        String what = "alias " + Hex.of(start) + ".." + Hex.of(end) + " of " + Hex.of(target);
        requirePages(what, start, end, target);
        for (long page = start; page - end < 0; page += Page.SIZE) {
            long original = memory.load64(entry(target + (page - start)));
            if ((original & PRESENT) == 0) {
                throw new BootImageException(
                        what + ": page " + Hex.of(target + (page - start)) + " is not mapped; give it a segment");
            }
            long entry = entry(page);
            if ((memory.load64(entry) & PRESENT) != 0) {
                throw new BootImageException(what + ": page " + Hex.of(page) + " is mapped already");
            }
            memory.store64(entry, original);
        }
    }

    private static void requirePages(String what, long... addresses) {
        for (long address : addresses) {
            if ((address & Page.SIZE - 1) != 0) {
                throw new BootImageException(what + ": " + Hex.of(address) + " is not the beginning of a page");
            }
        }
    }

    /** Puts the pages from {@code start} up to {@code end} into the second set of tables, as they are in the first. */
    void showUserRoot(long start, long end) {
        for (long page = start & -Page.SIZE; page - end < 0; page += Page.SIZE) {
            long value = memory.load64(entry(page));
            if ((value & PRESENT) == 0) {
                throw new BootImageException("user-root range " + Hex.of(start) + ".." + Hex.of(end) + ": page "
                        + Hex.of(page) + " is not mapped; give it a segment");
            }
            memory.store64(entry(userRoot.orElseThrow(), page), value);
        }
    }

    /** Copies bytes to linear addresses, mapping pages that are not mapped yet. */
    void load(long linear, ByteBuffer bytes, long size) {
        for (long page = linear & -Page.SIZE; page - linear < size; page += Page.SIZE) {
            map(page);
            noteLoaded(page);
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
            Long frame = chosen.get(page);
            if (frame == null) {
                frame = next;
                next += Page.SIZE;
            }
            memory.store64(entry, frame | SUPERVISOR_PAGE);
        }
    }

    /** Two segments may share a page, but not memory under two addresses: the second would overwrite the first. */
    private void noteLoaded(long page) {
        Long other = loaded.putIfAbsent(physical(page), page);
        if (other != null && other != page) {
            throw new BootImageException("pages " + Hex.of(other) + " and " + Hex.of(page)
                    + " would both be loaded at physical address " + Hex.of(physical(page)));
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
        return entry(root, linear);
    }

    private long entry(long root, long linear) {
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
