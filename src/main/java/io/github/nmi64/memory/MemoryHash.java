package io.github.nmi64.memory;

import io.github.nmi64.bits.Digest;

/**
 * A 128-bit hash of the contents of memory, kept up to date store by store: the sum over all quadwords of a mix of address
 * and value, in two halves. Zero quadwords contribute nothing, so untouched memory has hash zero; nor do stores beyond RAM,
 * which vanish. Of dead bytes counts that they are dead, not what they hold ({@link Page#seen}).
 *
 * <p>The <em>bare</em> hash is that of memory as it would be had the processor set no accessed and dirty bits.
 */
public final class MemoryHash {
    private final PhysicalMemory memory;
    private boolean isKept;
    private long low;
    private long high;
    private ProcessorMarks processorMarks = ProcessorMarks.NONE;
    private boolean byProcessor;

    /** The hash at one moment. */
    record Snapshot(boolean isKept, long low, long high, ProcessorMarks processorMarks) {}

    MemoryHash(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** What all quadwords contribute. */
    record Sum(long low, long high) {
        static Sum of(PhysicalMemory.Snapshot contents) {
            MemoryHash hash = new MemoryHash(new PhysicalMemory(contents));
            for (long number = 0; number < contents.pages(); number++) {
                hash.count(contents.page(number), number, 1);
            }
            return new Sum(hash.low, hash.high);
        }
    }

    /** Switches it on (computing it from scratch or from that of the contents the memory began with) or off. */
    public void keep(boolean on) {
        isKept = on;
        low = 0;
        high = 0;
        if (on) {
            countAll();
        }
    }

    private void countAll() {
        PhysicalMemory.Snapshot origin = memory.origin();
        if (origin != null) {
            low = origin.sum().low();
            high = origin.sum().high();
        }
        for (long number = 0; number < memory.pages(); number++) {
            Page page = memory.page(number);
            if (origin == null) {
                count(page, number, 1);
            } else if (!page.shares(origin.page(number))) {
                count(origin.page(number), number, -1);
                count(page, number, 1);
            }
        }
    }

    private void count(Page page, long number, int sign) {
        for (int offset = 0; !PhysicalMemory.isUntouched(page) && offset < Page.SIZE; offset += Long.BYTES) {
            count((number << 12) + offset, page.seen(offset), sign);
        }
    }

    /** True if it is kept up to date. */
    public boolean isKept() {
        return isKept;
    }

    /** Low half. */
    public long low() {
        return low;
    }

    /** High half. */
    public long high() {
        return high;
    }

    /** Low half of the bare hash. */
    public long bareLow() {
        long bare = low;
        for (int i = 0; i < processorMarks.size(); i++) {
            long address = processorMarks.address(i);
            bare += mixLow(address, processorMarks.value(i)) - mixLow(address, memory.seen(address));
        }
        return bare;
    }

    /** High half of the bare hash. */
    public long bareHigh() {
        long bare = high;
        for (int i = 0; i < processorMarks.size(); i++) {
            long address = processorMarks.address(i);
            bare += mixHigh(address, processorMarks.value(i)) - mixHigh(address, memory.seen(address));
        }
        return bare;
    }

    /** What identifies the difference between the hash and the bare hash, in 64 bits; 0 if there is none. */
    public long processorMarks() {
        long bits = 0;
        for (int i = 0; i < processorMarks.size(); i++) {
            bits += Digest.mix(processorMarks.value(i) + key(processorMarks.address(i)));
        }
        return bits;
    }

    /** Whether stores from now on set accessed and dirty bits and nothing else: the processor's own bookkeeping. */
    public void byProcessor(boolean on) {
        byProcessor = on;
    }

    /** The aligned quadword at {@code address} goes from one value to another. */
    public void replace(long address, long before, long after) {
        noteStore(address, before);
        count(address, before, -1);
        count(address, after, 1);
    }

    /** The quadwords of a page from {@code first} to {@code last}, physical addresses, are about to change. */
    void remove(Page page, long first, long last) {
        if (isKept) {
            for (long address = first; address <= last; address += Long.BYTES) {
                long seen = page.seen((int) address & Page.SIZE - 1);
                noteStore(address, seen);
                count(address, seen, -1);
            }
        }
    }

    /** They have changed. */
    void add(Page page, long first, long last) {
        if (isKept) {
            for (long address = first; address <= last; address += Long.BYTES) {
                count(address, page.seen((int) address & Page.SIZE - 1), 1);
            }
        }
    }

    private void noteStore(long address, long before) {
        if (byProcessor) {
            processorMarks = processorMarks.with(address, before);
        } else if (processorMarks.size() > 0) {
            processorMarks = processorMarks.without(address);
        }
    }

    private void count(long address, long value, int sign) {
        if (value != 0 && Long.compareUnsigned(address, memory.size()) < 0) {
            low += sign * mixLow(address, value);
            high += sign * mixHigh(address, value);
        }
    }

    /** What a quadword contributes to the low half. */
    static long mixLow(long address, long value) {
        return value == 0 ? 0 : Digest.mix(value ^ key(address));
    }

    /** What it contributes to the high half. */
    static long mixHigh(long address, long value) {
        return value == 0 ? 0 : Digest.mix(Long.rotateLeft(value, 32) + key(address));
    }

    private static long key(long address) {
        return (address + 1) * 0x9e37_79b9_7f4a_7c15L;
    }

    Snapshot snapshot() {
        return new Snapshot(isKept, low, high, processorMarks);
    }

    void restore(Snapshot snapshot) {
        isKept = snapshot.isKept;
        low = snapshot.low;
        high = snapshot.high;
        processorMarks = snapshot.processorMarks;
    }
}
