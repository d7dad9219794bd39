package io.github.nmi64.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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

        /** Other pages with the same bytes, owned by nobody. */
        Chunk sharing() {
            Page[] others = new Page[CHUNK];
            for (int i = 0; i < CHUNK; i++) {
                others[i] = pages[i] == ZERO ? ZERO : pages[i].sharing();
            }
            return new Chunk(others, new Object());
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
        private final MemoryHash.Snapshot hash;
        /** Of the contents, whether or not the memory kept it; null until somebody asks. */
        private MemoryHash.@Nullable Sum sum;

        private Snapshot(PhysicalMemory memory) {
            chunks = memory.chunks.clone();
            hash = memory.hash.snapshot();
        }

        long pages() {
            return (long) chunks.length << CHUNK_SHIFT;
        }

        /** What the hash of a memory with these contents is; worked out once for all who begin with them. */
        synchronized MemoryHash.Sum sum() {
            MemoryHash.Sum known = sum;
            if (known == null) {
                known = MemoryHash.Sum.of(this);
                sum = known;
            }
            return known;
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
    private final MemoryHash hash = new MemoryHash(this);
    private final ByteMarks marks = new ByteMarks(this);
    /** What this memory began with; null if with zeros. */
    private final @Nullable Snapshot origin;

    /** Zero-filled memory of {@code bytes} bytes (rounded up to 512 KiB, at most 1 TiB). */
    public PhysicalMemory(long bytes) {
        long chunkBytes = (long) CHUNK * Page.SIZE;
        int count = Math.toIntExact((bytes + chunkBytes - 1) / chunkBytes);
        pageCount = (long) count << CHUNK_SHIFT;
        chunks = new Chunk[count];
        Arrays.fill(chunks, Chunk.ZEROS);
        origin = null;
    }

    /**
     * A memory that begins with what another one held. They share the bytes of every page until one of them writes to it, but
     * each watches its pages by itself: what one machine executes is nothing to another.
     */
    public PhysicalMemory(Snapshot contents) {
        pageCount = contents.pages();
        chunks = new Chunk[contents.chunks.length];
        for (int i = 0; i < chunks.length; i++) {
            Chunk theirs = contents.chunks[i];
            chunks[i] = theirs == Chunk.ZEROS ? theirs : theirs.sharing();
        }
        origin = contents;
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

    /** The incremental hash of the contents. */
    public MemoryHash hash() {
        return hash;
    }

    /** What is said of single bytes: dead, not compared. */
    public ByteMarks marks() {
        return marks;
    }

    /** True of the page all pages are until something is written to them. */
    static boolean isUntouched(Page page) {
        return page == ZERO;
    }

    /** What this memory began with; null if with zeros. */
    @Nullable
    Snapshot origin() {
        return origin;
    }

    /** Whoever remembers pages must ask again. */
    void changed() {
        version++;
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
            marks.readAll(number); // what is decoded from here on is not looked at again
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
        hash.remove(page, address, address);
        page.store64(offset, value);
        page.unmark(offset, 8);
        hash.add(page, address, address);
    }

    /** An aligned quadword as the hash sees it: see {@link Page#seen}. */
    long seen(long address) {
        return page(address >>> 12).seen((int) address & Page.SIZE - 1);
    }

    /** Stores on a page with marked bytes, which lose their marks; within the page. */
    public void storeOverMarks(Page page, long address, int size, long value) {
        int offset = (int) address & Page.SIZE - 1;
        if (size == Long.BYTES && (offset & 7) == 0) {
            store(page, address, value);
            return;
        }
        long firstWord = address & -8;
        long lastWord = address + size - 1 & -8;
        hash.remove(page, firstWord, lastWord);
        for (int i = 0; i < size; i++) {
            page.store8(offset + i, value >>> 8 * i);
        }
        page.unmark(offset, size);
        hash.add(page, firstWord, lastWord);
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
        hash.byProcessor(true);
        store(page, address, value);
        hash.byProcessor(false);
    }

    /** Copies bytes in from outside the machine (loading an image, a debugger). */
    public void write(long address, byte[] source, int from, int length) {
        for (int done = 0; done < length; ) {
            int offset = (int) (address + done) & Page.SIZE - 1;
            int count = Math.min(length - done, Page.SIZE - offset);
            Page page = writable(address + done >>> 12);
            long first = address + done & ~7L;
            long last = address + done + count - 1 & ~7L;
            hash.remove(page, first, last);
            System.arraycopy(source, from + done, page.bytes, offset, count);
            page.unmark(offset, count);
            hash.add(page, first, last);
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
        hash.restore(snapshot.hash);
    }
}
