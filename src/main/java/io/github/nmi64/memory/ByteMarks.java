package io.github.nmi64.memory;

import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * What is said of single bytes of memory, and the reads that show it to be wrong. A byte may be <em>dead</em> (nothing will
 * read it before it is written), or <em>uncompared</em> (it was left out when a program was resumed and compared with what
 * it was), the latter also because it was on a stack that was <em>unused</em> then. A store ends all of that. The marks are
 * in the {@link Page}s; a page that has some is never remembered as one that may be read without asking.
 */
public final class ByteMarks {
    private final PhysicalMemory memory;
    private final Set<Long> deadReads = new TreeSet<>();
    private final Set<Long> uncomparedReads = new TreeSet<>();
    private final Set<Long> unusedReads = new TreeSet<>();
    private boolean watchesUncompared;

    ByteMarks(PhysicalMemory memory) {
        this.memory = memory;
    }

    /**
     * Declares bytes dead. They keep what they hold, but for the hash they are dead whatever that is; a read of one of them
     * is noted ({@link #deadReads}). The bytes do not leave a page.
     *
     * @return false if the page holds code or page tables, whose bytes never are
     */
    public boolean kill(long address, int size) {
        Page page = memory.page(address >>> 12);
        if (page.holdsCode || page.holdsTranslations || Long.compareUnsigned(address, memory.size()) >= 0) {
            return false;
        }
        Page target = markable(page, address);
        int offset = (int) address & Page.SIZE - 1;
        long first = address & -8;
        long last = address + size - 1 & -8;
        memory.hash().remove(target, first, last);
        target.markDead(offset, size);
        memory.hash().add(target, first, last);
        return true;
    }

    /** Kills all quadwords from {@code address} on that may die; within a page, both ends divisible by 8. */
    public void killAll(long address, int size, LongPredicate mayDie) {
        for (long at = address; at < address + size; at += 8) {
            Page page = memory.page(at >>> 12);
            int offset = (int) at & Page.SIZE - 1;
            if ((offset & 63) == 0 && at + 64 <= address + size && page.allDead(offset)) {
                at += 56;
            } else if (page.deadBytes(offset) != 0xff && mayDie.test(at) && !kill(at, 8)) {
                return;
            }
        }
    }

    /** True if a byte of the aligned quadword at {@code address} is dead. */
    public boolean isDead(long address) {
        return memory.page(address >>> 12).deadBytes((int) address & Page.SIZE - 1) != 0;
    }

    /** Bytes were not compared when a program was resumed ({@link #uncomparedReads}). They do not leave a page. */
    public void leaveUncompared(long address, int size) {
        Page page = memory.page(address >>> 12);
        int offset = (int) address & Page.SIZE - 1;
        if (Long.compareUnsigned(address, memory.size()) < 0 && !page.allUncompared(offset, size)) {
            markable(page, address).markUncompared(offset, size);
        }
    }

    /** The same of bytes of a stack that nobody used then ({@link #unusedReads}). */
    public void leaveUnused(long address, int size) {
        Page page = memory.page(address >>> 12);
        int offset = (int) address & Page.SIZE - 1;
        if (Long.compareUnsigned(address, memory.size()) < 0 && !page.allUnused(offset, size)) {
            markable(page, address).markUnused(offset, size);
        }
    }

    private Page markable(Page page, long address) {
        boolean first = !page.isMarked();
        Page target = memory.writable(address >>> 12); // not the page caches remember: they would not ask
        if (first || target != page) {
            memory.changed();
        }
        return target;
    }

    /** Whether reads of uncompared bytes are noted: while the program itself runs. */
    public void watchUncompared(boolean on) {
        watchesUncompared = on;
    }

    /** Notes a read of the guest if one of its bytes is marked; the bytes do not leave the page. */
    public void noteRead(Page page, long address, int size) {
        noteInspection(page, address, size);
        int offset = (int) address & Page.SIZE - 1;
        if (watchesUncompared && page.anyUncompared(offset, size)) {
            add(page, Page::anyUncompared, address, size, uncomparedReads);
        }
        if (watchesUncompared && page.anyUnused(offset, size)) {
            add(page, Page::anyUnused, address, size, unusedReads);
        }
    }

    /** Notes a read from outside the machine if one of its bytes is dead; the bytes do not leave the page. */
    public void noteInspection(Page page, long address, int size) {
        if (page.anyDead((int) address & Page.SIZE - 1, size)) {
            add(page, Page::anyDead, address, size, deadReads);
        }
    }

    /** All of a page counts as read. */
    void readAll(long number) {
        for (long address = number << 12; address < number + 1 << 12; address += Long.BYTES) {
            deadReads.add(address);
        }
    }

    /** Whether one of some bytes of a page is marked. */
    private interface Marked {
        boolean any(Page page, int offset, int size);
    }

    /** Adds the quadwords of which marked bytes are read. */
    private static void add(Page page, Marked marked, long address, int size, Set<Long> quadwords) {
        for (long quadword = address & -8; quadword < address + size; quadword += 8) {
            int from = (int) (Math.max(quadword, address) - (address & -Page.SIZE));
            int to = (int) (Math.min(quadword + 8, address + size) - (address & -Page.SIZE));
            if (marked.any(page, from, to - from)) {
                quadwords.add(quadword);
            }
        }
    }

    /** Physical addresses of the quadwords of which dead bytes were read, ascending; whoever looks empties it. */
    public Set<Long> deadReads() {
        return deadReads;
    }

    /** Those of uncompared bytes. */
    public Set<Long> uncomparedReads() {
        return uncomparedReads;
    }

    /** Those of bytes left uncompared on stacks that nobody used. */
    public Set<Long> unusedReads() {
        return unusedReads;
    }
}
