package io.github.nmi64.memory;

import io.github.nmi64.bits.Digest;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * RAM from physical address 0, as copy-on-write pages in copy-on-write chunks.
 *
 * <p>A snapshot costs one array of chunk references; afterwards each chunk and page is copied when it is first written.
 * Pages are owned or shared, never both: a page may be written only if it carries the current owner token, and taking a
 * snapshot changes the token, so that everything older is shared from then on.
 *
 * <p>Two kinds of page are watched: those that instructions were decoded from and those that a page walk read. Beginning
 * to watch a page and asking for write access to a watched one ({@link #writable}) bump {@link #version}, which tells
 * caches of decoded instructions, translations and write permissions to forget what they know. A watched code page is
 * replaced by a copy, so a cache that remembers the {@link Page} object can see that it is gone.
 *
 * <p>Reads beyond the RAM return ones and writes there vanish, as on a bus where nothing answers.
 */
public final class PhysicalMemory {

    private static final int CHUNK_SHIFT = 7;
    private static final int CHUNK = 1 << CHUNK_SHIFT;
    private static final Page ZERO = new Page(new byte[Page.SIZE], null);
    private static final Page ABSENT = new Page(ones(), null);

    /** A run of pages that is itself copied on write. */
    private static final class Chunk {
        static final Chunk ZEROS = new Chunk(zeros(), new Object());

        final Page[] pages;
        final Object owner;

        Chunk(Page[] pages, Object owner) {
            this.pages = pages;
            this.owner = owner;
        }

        private static Page[] zeros() {
            Page[] pages = new Page[CHUNK];
            Arrays.fill(pages, ZERO);
            return pages;
        }
    }

    /** The contents of memory at one moment; immutable and cheap to keep. */
    public static final class Snapshot {
        private final Chunk[] chunks;
        private final long hashLow;
        private final long hashHigh;
        private final boolean hashing;
        private final ProcessorMarks marks;

        private Snapshot(PhysicalMemory memory) {
            chunks = memory.chunks.clone();
            marks = memory.marks;
            hashLow = memory.hashLow;
            hashHigh = memory.hashHigh;
            hashing = memory.hashing;
        }

        /** The page with this number, as it was. */
        public Page page(long number) {
            return chunks[(int) (number >>> CHUNK_SHIFT)].pages[(int) number & CHUNK - 1];
        }
    }

    private final long pageCount;
    private Chunk[] chunks;
    private Object owner = new Object();
    private int version;
    private boolean hashing;
    private long hashLow;
    private long hashHigh;
    private final Set<Long> deadReads = new TreeSet<>();
    private ProcessorMarks marks = ProcessorMarks.NONE;
    private boolean byProcessor;
    private boolean watchesUncompared;
    private final Set<Long> uncomparedReads = new TreeSet<>();
    private final Set<Long> unusedReads = new TreeSet<>();

    /** Zero-filled memory of {@code bytes} bytes (rounded up to 512 KiB, at most 1 TiB). */
    public PhysicalMemory(long bytes) {
        long chunkBytes = (long) CHUNK * Page.SIZE;
        int count = Math.toIntExact((bytes + chunkBytes - 1) / chunkBytes);
        pageCount = (long) count << CHUNK_SHIFT;
        chunks = new Chunk[count];
        Arrays.fill(chunks, Chunk.ZEROS);
    }

    private static byte[] ones() {
        byte[] bytes = new byte[Page.SIZE];
        Arrays.fill(bytes, (byte) 0xff);
        return bytes;
    }

    /** Number of pages. */
    public long pages() {
        return pageCount;
    }

    /** Size in bytes. */
    public long size() {
        return pageCount * Page.SIZE;
    }

    /** Counts events after which decoded instructions and cached translations may be stale. */
    public int version() {
        return version;
    }

    /** The page with this number, for reading. */
    public Page page(long number) {
        if (Long.compareUnsigned(number, pageCount) >= 0) {
            return ABSENT;
        }
        return chunks[(int) (number >>> CHUNK_SHIFT)].pages[(int) number & CHUNK - 1];
    }

    /** True if writing the page needs no bookkeeping now and until the next snapshot or watch. */
    public boolean isPlain(Page page) {
        return page.owner == owner && !page.holdsCode && !page.holdsTranslations;
    }

    /**
     * The page for writing. It stays valid until the next {@link #snapshot}, {@link #restore} or watch. Beyond RAM this
     * is a scratch page whose contents are lost.
     */
    public Page writable(long number) {
        if (Long.compareUnsigned(number, pageCount) >= 0) {
            return new Page(ones(), null);
        }
        Page page = page(number);
        if (page.holdsCode || page.holdsTranslations) {
            version++;
        }
        if (page.owner == owner && !page.holdsCode) {
            page.holdsTranslations = false;
            return page;
        }
        Page copy = page.copy(owner);
        ownedChunk((int) (number >>> CHUNK_SHIFT)).pages[(int) number & CHUNK - 1] = copy;
        return copy;
    }

    private Chunk ownedChunk(int index) {
        Chunk chunk = chunks[index];
        if (chunk.owner != owner) {
            chunk = new Chunk(chunk.pages.clone(), owner);
            chunks[index] = chunk;
        }
        return chunk;
    }

    /**
     * The page to decode instructions from. It is watched from now on, for as long as this very {@link Page} object is in
     * place.
     */
    public Page watchCode(long number) {
        Page page = page(number);
        if (page == ZERO) {
            page = writable(number); // the shared page of zeros must not carry one machine's mark
        }
        if (page.anyDead(0, Page.SIZE)) {
            for (long word = number << 12; word < number + 1 << 12; word += Long.BYTES) {
                deadReads.add(word); // what is decoded from here on is not looked at again
            }
        }
        if (!page.holdsCode) {
            page.holdsCode = true;
            version++;
        }
        return page;
    }

    /** Marks the page of an entry at this physical address that a page walk used. */
    public void watchTranslations(long address) {
        Page page = page(address >>> 12);
        if (!page.holdsTranslations) {
            page.holdsTranslations = true;
            version++;
        }
    }

    /** Little-endian quadword at a physical address divisible by 8. */
    public long load64(long address) {
        return page(address >>> 12).load64((int) address & Page.SIZE - 1);
    }

    /** Stores a quadword at a physical address divisible by 8. */
    public void store64(long address, long value) {
        store(writable(address >>> 12), address, value);
    }

    private void store(Page page, long address, long value) {
        int offset = (int) address & Page.SIZE - 1;
        count(page, address, address, -1);
        page.store64(offset, value);
        page.unmark(offset, 8);
        count(page, address, address, 1);
    }

    /**
     * Declares bytes dead: nothing will read them before they are written. They keep what they hold, but for the hash they
     * are dead whatever that is; a read of one of them is noted ({@link #deadReads}). The bytes do not leave a page.
     *
     * @return false if the page holds code or page tables, whose bytes never are
     */
    public boolean kill(long address, int size) {
        Page page = page(address >>> 12);
        if (page.holdsCode || page.holdsTranslations || Long.compareUnsigned(address, size()) >= 0) {
            return false;
        }
        boolean first = !page.isMarked();
        Page target = writable(address >>> 12);
        int offset = (int) address & Page.SIZE - 1;
        long firstWord = address & -8;
        long lastWord = address + size - 1 & -8;
        count(target, firstWord, lastWord, -1);
        target.markDead(offset, size);
        count(target, firstWord, lastWord, 1);
        if (first || target != page) {
            version++;
        }
        return true;
    }

    /** Kills all quadwords from {@code address} on that may die; within a page, both ends divisible by 8. */
    public void killAll(long address, int size, LongPredicate mayDie) {
        for (long at = address; at < address + size; at += 8) {
            Page page = page(at >>> 12);
            int offset = (int) at & Page.SIZE - 1;
            if ((offset & 63) == 0 && at + 64 <= address + size && page.allDead(offset)) {
                at += 56;
            } else if (page.deadBytes(offset) != 0xff && mayDie.test(at) && !kill(at, 8)) {
                return;
            }
        }
    }

    /** What the hash of the aligned quadword at {@code address} adds to {@link #hashLow}. */
    public long wordHashLow(long address) {
        return hashLow(address, seen(address));
    }

    /** What it adds to {@link #hashHigh}. */
    public long wordHashHigh(long address) {
        return hashHigh(address, seen(address));
    }

    static long hashLow(long address, long value) {
        return value == 0 ? 0 : Digest.mix(value ^ key(address));
    }

    static long hashHigh(long address, long value) {
        return value == 0 ? 0 : Digest.mix(Long.rotateLeft(value, 32) + key(address));
    }

    /** An aligned quadword as the hash sees it: see {@link Page#seen}. */
    long seen(long address) {
        return page(address >>> 12).seen((int) address & Page.SIZE - 1);
    }

    private static long key(long address) {
        return (address + 1) * 0x9e37_79b9_7f4a_7c15L;
    }

    /** True if a byte of the aligned quadword at {@code address} is dead. */
    public boolean isDead(long address) {
        return page(address >>> 12).deadBytes((int) address & Page.SIZE - 1) != 0;
    }

    /** Notes a read of the guest if one of its bytes is dead or uncompared; the bytes do not leave the page. */
    public void noteRead(Page page, long address, int size) {
        noteInspection(page, address, size);
        int offset = (int) address & Page.SIZE - 1;
        if (watchesUncompared && page.anyUncompared(offset, size)) {
            addWords(page, Page::anyUncompared, address, size, uncomparedReads);
        }
        if (watchesUncompared && page.anyUnused(offset, size)) {
            addWords(page, Page::anyUnused, address, size, unusedReads);
        }
    }

    /** Notes a read from outside the machine if one of its bytes is dead; the bytes do not leave the page. */
    public void noteInspection(Page page, long address, int size) {
        if (page.anyDead((int) address & Page.SIZE - 1, size)) {
            addWords(page, Page::anyDead, address, size, deadReads);
        }
    }

    /** Whether one of some bytes of a page is marked. */
    private interface Marked {
        boolean any(Page page, int offset, int size);
    }

    /** Adds the quadwords of which marked bytes are read. */
    private static void addWords(Page page, Marked marked, long address, int size, Set<Long> words) {
        for (long word = address & -8; word < address + size; word += 8) {
            int from = (int) (Math.max(word, address) - (address & -Page.SIZE));
            int to = (int) (Math.min(word + 8, address + size) - (address & -Page.SIZE));
            if (marked.any(page, from, to - from)) {
                words.add(word);
            }
        }
    }

    /**
     * Remembers of bytes that they were not compared when a program was resumed: if it reads one that nobody has written
     * since, that is noted ({@link #uncomparedReads}). The bytes do not leave a page.
     */
    public void leaveUncompared(long address, int size) {
        Page page = page(address >>> 12);
        int offset = (int) address & Page.SIZE - 1;
        if (Long.compareUnsigned(address, size()) >= 0 || page.allUncompared(offset, size)) {
            return;
        }
        markable(page, address).markUncompared(offset, size);
    }

    /** The same of bytes of a stack that nobody used then ({@link #unusedReads}). */
    public void leaveUnused(long address, int size) {
        Page page = page(address >>> 12);
        int offset = (int) address & Page.SIZE - 1;
        if (Long.compareUnsigned(address, size()) < 0 && !page.allUnused(offset, size)) {
            markable(page, address).markUnused(offset, size);
        }
    }

    private Page markable(Page page, long address) {
        boolean first = !page.isMarked();
        Page target = writable(address >>> 12); // not the page caches remember: they would not ask
        if (first || target != page) {
            version++;
        }
        return target;
    }

    /** Whether reads of uncompared bytes are noted: while the program itself runs. */
    public void watchUncompared(boolean on) {
        watchesUncompared = on;
    }

    /** Physical addresses of the uncompared quadwords that were read, ascending. */
    public Set<Long> uncomparedReads() {
        return uncomparedReads;
    }

    /** Physical addresses of the quadwords that were read of those left uncompared on stacks nobody used, ascending. */
    public Set<Long> unusedReads() {
        return unusedReads;
    }

    /** Physical addresses of the quadwords of which dead bytes were read, ascending. */
    public Set<Long> deadReads() {
        return deadReads;
    }

    /** Stores on a page with dead bytes, which are alive once they are written; within the page. */
    public void storeOverDead(Page page, long address, int size, long value) {
        int offset = (int) address & Page.SIZE - 1;
        if (size == Long.BYTES && (offset & 7) == 0) {
            store(page, address, value);
            return;
        }
        long firstWord = address & -8;
        long lastWord = address + size - 1 & -8;
        count(page, firstWord, lastWord, -1);
        for (int i = 0; i < size; i++) {
            page.store8(offset + i, value >>> 8 * i);
        }
        page.unmark(offset, size);
        count(page, firstWord, lastWord, 1);
    }

    /**
     * Whether stores from now on set accessed and dirty bits and nothing else: the processor's own bookkeeping, which
     * {@link #bareHashLow} leaves out.
     */
    public void byProcessor(boolean on) {
        byProcessor = on;
    }

    /**
     * Sets accessed and dirty bits: stores a page-table entry that translates as before, so {@link #version} stays.
     */
    public void storeTableEntry(long address, long value) {
        long number = address >>> 12;
        Page page = page(number);
        if (page.owner != owner || page.holdsCode) {
            page = writable(number);
        }
        page.holdsTranslations = true;
        byProcessor = true;
        store(page, address, value);
        byProcessor = false;
    }

    /** Copies bytes in from outside the machine (loading an image, a debugger). */
    public void write(long address, byte[] source, int from, int length) {
        for (int done = 0; done < length; ) {
            int offset = (int) (address + done) & Page.SIZE - 1;
            int count = Math.min(length - done, Page.SIZE - offset);
            Page page = writable(address + done >>> 12);
            long first = address + done & ~7L;
            long last = address + done + count - 1 & ~7L;
            count(page, first, last, -1);
            System.arraycopy(source, from + done, page.bytes, offset, count);
            page.unmark(offset, count);
            count(page, first, last, 1);
            done += count;
        }
    }

    /** Copies bytes out. */
    public void read(long address, byte[] target, int from, int length) {
        for (int done = 0; done < length; ) {
            int offset = (int) (address + done) & Page.SIZE - 1;
            int count = Math.min(length - done, Page.SIZE - offset);
            page(address + done >>> 12).copyTo(offset, target, from + done, count);
            done += count;
        }
    }

    /** Remembers the contents. Everything owned becomes shared, so later writes copy. */
    public Snapshot snapshot() {
        owner = new Object();
        return new Snapshot(this);
    }

    /** Goes back to a snapshot of this or of an equally large memory. */
    public void restore(Snapshot snapshot) {
        if (snapshot.chunks.length != chunks.length) {
            throw new IllegalArgumentException("snapshot of a memory of another size");
        }
        chunks = snapshot.chunks.clone();
        owner = new Object();
        version++;
        hashing = snapshot.hashing;
        hashLow = snapshot.hashLow;
        hashHigh = snapshot.hashHigh;
        marks = snapshot.marks;
    }

    /** Switches the incremental hash on (computing it once from scratch) or off. */
    public void hashing(boolean on) {
        hashing = on;
        hashLow = 0;
        hashHigh = 0;
        if (on) {
            for (long number = 0; number < pageCount; number++) {
                Page page = page(number);
                if (page != ZERO) {
                    count(page, number << 12, (number << 12) + Page.SIZE - 8, 1);
                }
            }
        }
    }

    /** True if the incremental hash is kept up to date. */
    public boolean isHashing() {
        return hashing;
    }

    /** Low half of the 128-bit hash of the contents: the sum over all quadwords of a mix of address and value. */
    public long hashLow() {
        return hashLow;
    }

    /** High half of the hash. */
    public long hashHigh() {
        return hashHigh;
    }

    /** Low half of the hash the contents would have, had the processor set no accessed and dirty bits. */
    public long bareHashLow() {
        long low = hashLow;
        for (int i = 0; i < marks.size(); i++) {
            low += hashLow(marks.address(i), marks.value(i)) - wordHashLow(marks.address(i));
        }
        return low;
    }

    /** High half of that hash. */
    public long bareHashHigh() {
        long high = hashHigh;
        for (int i = 0; i < marks.size(); i++) {
            high += hashHigh(marks.address(i), marks.value(i)) - wordHashHigh(marks.address(i));
        }
        return high;
    }

    /** A word that tells apart what {@link #bareHashLow} leaves out; 0 if it is nothing. */
    public long processorMarks() {
        long word = 0;
        for (int i = 0; i < marks.size(); i++) {
            word += Digest.mix(marks.value(i) + key(marks.address(i)));
        }
        return word;
    }

    private void noteStore(long address, long before) {
        if (byProcessor) {
            marks = marks.with(address, before);
        } else if (marks.size() > 0) {
            marks = marks.without(address);
        }
    }

    /** Tells the hash that the aligned quadword at {@code address} goes from one value to another. */
    public void rehash(long address, long before, long after) {
        noteStore(address, before);
        count(address, before, -1);
        count(address, after, 1);
    }

    private void count(Page page, long first, long last, int sign) {
        if (hashing) {
            for (long address = first; address <= last; address += 8) {
                int offset = (int) address & Page.SIZE - 1;
                long seen = page.seen(offset);
                if (sign < 0) {
                    noteStore(address, seen);
                }
                count(address, seen, sign);
            }
        }
    }

    /** Zero quadwords contribute nothing, so untouched memory has hash zero; nor do stores beyond RAM, which vanish. */
    private void count(long address, long value, int sign) {
        if (value != 0 && Long.compareUnsigned(address, size()) < 0) {
            hashLow += sign * hashLow(address, value);
            hashHigh += sign * hashHigh(address, value);
        }
    }
}
