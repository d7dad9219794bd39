package io.github.nmi64.core;

import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.memory.MemoryHash;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.paging.Access;
import io.github.nmi64.paging.PageWalker;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Data accesses by linear address: canonical check, alignment check, page walk, breakpoints, load or store.
 *
 * <p>Translations are remembered in a {@link Tlb}, whose tags are looked at here, access by access, so that a hit costs two
 * loads and a comparison. A remembered translation is never stale: writing a page that a walk has read flushes all of them.
 * While data breakpoints, alignment checks or a sink that listens to memory are active nothing is remembered and every
 * access takes the slow path.
 */
public final class LinearMemory {
    private static final int ENTRIES = Tlb.ENTRIES;
    private static final long PAGE = -Page.SIZE;

    private final Core core;
    private final CpuState state;
    private final PhysicalMemory physical;
    private final PageWalker walker;

    private final MemoryHash hash;
    private final Tlb tlb = new Tlb();
    /** The table's own arrays: a hit is two loads and a comparison. */
    private final long[] readTags = tlb.readTags;

    private final long[] writeTags = tlb.writeTags;
    private final @Nullable Page[] pages = tlb.pages;
    private int key;
    private int privilege = Tlb.UNCACHED;
    private boolean observed;
    private boolean caching = true;
    private int seenVersion;

    /** Linear page that {@code Cpu} may fetch from without asking again; an odd value means none. */
    public long codePage = 1;

    LinearMemory(Core core, PhysicalMemory physical) {
        this.core = core;
        this.state = core.state;
        this.physical = physical;
        this.hash = physical.hash();
        this.walker = new PageWalker(state, physical);
        this.seenVersion = physical.version();
        flush();
    }

    /** True if bits 63:47 are all equal. */
    public static boolean isCanonical(long address) {
        return address << 16 >> 16 == address;
    }

    /** The memory behind the translation. */
    public PhysicalMemory physical() {
        return physical;
    }

    /** Flushes the translations: after a change of CR0, CR3, CR4, EFER, a snapshot, or a write from outside. */
    public void flush() {
        codePage = 1;
        seenVersion = physical.version();
        tlb.flush();
        key = tlb.key(privilege);
    }

    /** Flushes them if memory has changed behind this object's back. */
    public void flushIfStale() {
        if (seenVersion != physical.version()) {
            flush();
        }
    }

    /** Whether stores are reported to the core's sink; asked again when the sink changes. */
    public void observe(boolean on) {
        observed = on;
        flush();
    }

    /** Whether translations are remembered; switched off only to prove that nobody can tell. */
    public void caching(boolean on) {
        caching = on;
        modeChanged();
        flush();
    }

    void modeChanged() {
        codePage = 1;
        boolean user = state.cpl == 3;
        boolean checksAlignment = user && state.flag(Rflags.AC) && (state.cr0 & Control.CR0_AM) != 0;
        privilege = checksAlignment || watchesData() || !caching ? Tlb.UNCACHED : user ? Tlb.USER : Tlb.SUPERVISOR;
        key = tlb.key(privilege);
    }

    private boolean watchesData() {
        return (state.dr7 & Control.DR7_ENABLES) != 0;
    }

    /**
     * Loads 8, 16, 32 or 64 bits with the rights of the current CPL, zero-extended.
     *
     * @param segment decides between #SS (for {@link Segment#SS}) and #GP if the address is not canonical
     */
    public long read(long address, int bits, int segment) {
        int slot = (int) (address >>> 12) & ENTRIES - 1;
        int offset = (int) address & Page.SIZE - 1;
        Page page = pages[slot];
        if (page != null && readTags[slot] == (address & PAGE | key) && offset <= Page.SIZE - (bits >>> 3)) {
            return load(page, offset, bits);
        }
        return readSlowly(address, bits, segment, explicit(Access.READ));
    }

    /** Like {@link #read} for an operand that the instruction will write back: faults as a write does. */
    public long readForWrite(long address, int bits, int segment) {
        int slot = (int) (address >>> 12) & ENTRIES - 1;
        int offset = (int) address & Page.SIZE - 1;
        Page page = pages[slot];
        if (page != null && writeTags[slot] == (address & PAGE | key) && offset <= Page.SIZE - (bits >>> 3)) {
            return load(page, offset, bits);
        }
        return readSlowly(address, bits, segment, explicit(Access.WRITE));
    }

    /** Stores the low 8, 16, 32 or 64 bits with the rights of the current CPL. */
    public void write(long address, int bits, long value, int segment) {
        int slot = (int) (address >>> 12) & ENTRIES - 1;
        int offset = (int) address & Page.SIZE - 1;
        Page page = pages[slot];
        if (page != null && writeTags[slot] == (address & PAGE | key) && offset <= Page.SIZE - (bits >>> 3)) {
            storeRemembered(page, address, bits, value);
            return;
        }
        writeSlowly(address, bits, value, segment, explicit(Access.WRITE));
    }

    private void storeRemembered(Page page, long address, int bits, long value) {
        int offset = (int) address & Page.SIZE - 1;
        if (hash.isKept()) {
            storeHashed(page, rememberedPhysical(address), bits, value);
        } else {
            store(page, offset, bits, value);
        }
    }

    /** Physical address behind a linear one whose page's translation is remembered. */
    private long rememberedPhysical(long address) {
        return tlb.frame(address) & PAGE | address & Page.SIZE - 1;
    }

    /** Loads from a descriptor table or TSS: an implicit supervisor access at any CPL (TP-213). */
    public long readSystem(long address, int bits) {
        Page page = rememberedImplicit(readTags, address, bits);
        if (page != null) {
            return load(page, (int) address & Page.SIZE - 1, bits);
        }
        return readSlowly(address, bits, Segment.DS, Access.IMPLICIT);
    }

    /** The page of an implicit access that is remembered and not left by it, or null. */
    private @Nullable Page rememberedImplicit(long[] tags, long address, int bits) {
        int slot = (int) (address >>> 12) & ENTRIES - 1;
        boolean within = ((int) address & Page.SIZE - 1) <= Page.SIZE - (bits >>> 3);
        return within && tags[slot] == (address & PAGE | implicitKey()) ? pages[slot] : null;
    }

    /** What a translation made with supervisor rights is remembered under, whatever the CPL. */
    private int implicitKey() {
        return tlb.key(privilege == Tlb.UNCACHED ? Tlb.UNCACHED : Tlb.SUPERVISOR);
    }

    /** Stores to a descriptor table: an implicit supervisor access. */
    public void writeSystem(long address, int bits, long value) {
        writeSlowly(address, bits, value, Segment.DS, Access.WRITE | Access.IMPLICIT);
    }

    /** Sets the accessed bit of a descriptor, which is the processor's own bookkeeping. */
    public void writeAccessed(long address, long descriptor) {
        physical.hash().byProcessor(true);
        try {
            writeSystem(address, 64, descriptor);
        } finally {
            physical.hash().byProcessor(false);
        }
    }

    /** Stores part of an interrupt frame: explicitly, with the rights of the handler's CPL (TP-099); #SS if not canonical. */
    public void writeFrame(long address, long value, int handlerCpl) {
        Page page = handlerCpl == 3 ? null : rememberedImplicit(writeTags, address, 64);
        if (page != null) {
            storeRemembered(page, address, 64, value);
            return;
        }
        int access = Access.WRITE | Access.FRAME | (handlerCpl == 3 ? Access.USER : 0);
        writeSlowly(address, 64, value, Segment.SS, access);
    }

    /** Raises the fault that a store of {@code size} bytes would raise, without storing. */
    public void checkWrite(long unwrapped, int size, int segment) {
        int access = explicit(Access.WRITE);
        long address = wrapped(unwrapped, access);
        check(address, size, segment, access);
        translate(address, access);
        if (((int) address & Page.SIZE - 1) + size > Page.SIZE) {
            translate(wrapped(address + size - 1, access) & PAGE, access);
        }
    }

    /**
     * Declares the quadwords from {@code address} on dead that may die, as {@link ByteMarks#kill}; what is not mapped
     * is left alone. Both ends are divisible by 8.
     *
     * @param mayDie asked with physical addresses
     */
    public void kill(long address, long end, LongPredicate mayDie) {
        for (long at = address; at != end; ) {
            int size = (int) Math.min(end - at, Page.SIZE - (at & Page.SIZE - 1));
            try {
                long frame = translate(at, Access.READ | Access.IMPLICIT) & PAGE;
                physical.marks().killAll(frame | at & Page.SIZE - 1, size, mayDie);
                flushIfStale();
            } catch (Fault unmapped) {
                // nothing there to die
            }
            at += size;
        }
    }

    /** Physical address of the page to fetch from. The address must be canonical. */
    public long translateFetch(long address) {
        long tag = address & PAGE | key;
        if (tlb.mayFetch(tag)) {
            return tlb.fetchFrame(tag);
        }
        long frame = walk(address, explicit(Access.FETCH)) & PAGE;
        if (privilege != Tlb.UNCACHED) {
            tlb.fillFetch(tag, frame);
        }
        return frame;
    }

    private int explicit(int access) {
        return state.cpl == 3 ? access | Access.USER : access;
    }

    private void check(long address, int size, int segment, int access) {
        if (!isCanonical(address) || !isCanonical(address + size - 1)) {
            throw segment == Segment.SS ? Fault.stack(0) : Fault.generalProtection(0);
        }
        if ((access & Access.USER) != 0
                && (address & size - 1) != 0
                && state.flag(Rflags.AC)
                && (state.cr0 & Control.CR0_AM) != 0
                && (access & Access.INTERNAL) == 0) {
            throw Fault.of(Vector.AC, 0);
        }
    }

    /**
     * The page of an access that cannot fault and nobody watches, because its translation is remembered, and that does not
     * leave it; else null. Most of these are on pages with dead bytes, where every access has to be looked at.
     */
    private @Nullable Page walked(long[] tags, long address, int size, int access) {
        int slot = (int) (address >>> 12) & ENTRIES - 1;
        boolean within = ((int) address & Page.SIZE - 1) <= Page.SIZE - size;
        return within && privilege != Tlb.UNCACHED && tags[slot] == tag(address, access) ? pages[slot] : null;
    }

    /** In compatibility mode linear addresses have 32 bits, so what reaches beyond 4 GiB goes on at 0. */
    private long wrapped(long address, int access) {
        return core.mode.is64() || (access & Access.INTERNAL) != 0 ? address : address & 0xffff_ffffL;
    }

    private long readSlowly(long unwrapped, int bits, int segment, int access) {
        long address = wrapped(unwrapped, access);
        int size = bits >>> 3;
        Page walked = walked(tlb.translationTags((access & Access.WRITE) != 0), address, size, access);
        if (walked != null) {
            physical.marks().noteRead(walked, rememberedPhysical(address), size);
            return load(walked, (int) address & Page.SIZE - 1, bits);
        }
        check(address, size, segment, access);
        int offset = (int) address & Page.SIZE - 1;
        long value;
        if (offset + size <= Page.SIZE) {
            long frame = frame(address, access);
            Page page = physical.page(frame >>> 12);
            if (page.isMarked()) {
                physical.marks().noteRead(page, frame | offset, size);
            }
            value = load(page, offset, bits);
        } else {
            value = readAcross(address, size, access);
        }
        if (watchesData() && (access & Access.INTERNAL) == 0) {
            core.state.interrupts.debugStatus |=
                    AddressBreakpoints.matching(state, address, size, AddressBreakpoints.ANY_DATA);
        }
        return value;
    }

    private long readAcross(long address, int size, int access) {
        int first = Page.SIZE - ((int) address & Page.SIZE - 1);
        long low = frame(address, access);
        long high = frame(wrapped(address + first, access), access);
        long value = 0;
        for (int i = 0; i < size; i++) {
            long byteAddress = (i < first ? low : high) | address + i & Page.SIZE - 1;
            Page page = physical.page(byteAddress >>> 12);
            physical.marks().noteRead(page, byteAddress, 1);
            value |= page.load8((int) byteAddress & Page.SIZE - 1) << 8 * i;
        }
        return value;
    }

    private void writeSlowly(long unwrapped, int bits, long value, int segment, int access) {
        long address = wrapped(unwrapped, access);
        int size = bits >>> 3;
        Page walked = walked(tlb.translationTags(true), address, size, access);
        if (walked != null && walked.isMarked() && physical.isPlain(walked) && !observed) {
            physical.storeOverMarks(walked, rememberedPhysical(address), size, value);
            return;
        }
        check(address, size, segment, access);
        int offset = (int) address & Page.SIZE - 1;
        if (offset + size <= Page.SIZE) {
            long translation = translate(address, access);
            boolean translates = physical.page(translation >>> 12).holdsTranslations();
            storeAnywhere(translation & PAGE | offset, bits, value);
            if (!translates) { // else the store may have changed the very translation it used
                remember(address, translation, access); // anew: the store may have put another page in place
            }
        } else {
            writeAcross(address, size, value, access);
        }
        if (watchesData() && (access & Access.INTERNAL) == 0) {
            core.state.interrupts.debugStatus |=
                    AddressBreakpoints.matching(state, address, size, AddressBreakpoints.WRITES);
        }
        if (observed) {
            core.sink.memoryWritten(address, size, value);
        }
    }

    /** Both pages are translated before the first byte is stored, so a fault leaves memory alone. */
    private void writeAcross(long address, int size, long value, int access) {
        int first = Page.SIZE - ((int) address & Page.SIZE - 1);
        long low = frame(address, access);
        long high = frame(wrapped(address + first, access), access);
        for (int i = 0; i < size; i++) {
            long frame = i < first ? low : high;
            storeAnywhere(frame | (address + i & Page.SIZE - 1), 8, value >>> 8 * i);
        }
    }

    /** Stores within one page, wherever it is, and forgets what the store made stale. */
    private void storeAnywhere(long physicalAddress, int bits, long value) {
        long number = physicalAddress >>> 12;
        Page before = physical.page(number);
        Page page = physical.writable(number);
        if (page.isMarked()) {
            physical.storeOverMarks(page, physicalAddress, bits >>> 3, value);
        } else if (hash.isKept()) {
            storeHashed(page, physicalAddress, bits, value);
        } else {
            store(page, (int) physicalAddress & Page.SIZE - 1, bits, value);
        }
        if (page != before || seenVersion != physical.version()) {
            flush();
        }
    }

    private void storeHashed(Page page, long physicalAddress, int bits, long value) {
        int offset = (int) physicalAddress & Page.SIZE - 1;
        int first = offset & -8;
        int last = offset + (bits >>> 3) - 1 & -8;
        long firstBefore = page.load64(first);
        long lastBefore = page.load64(last);
        store(page, offset, bits, value);
        long base = physicalAddress & PAGE;
        hash.replace(base | first, firstBefore, page.load64(first));
        if (last != first) {
            hash.replace(base | last, lastBefore, page.load64(last));
        }
    }

    private long frame(long address, int access) {
        return translate(address, access) & PAGE;
    }

    /** The page's translation in the form of {@link PageWalker#translate}, remembered or walked. */
    private long translate(long address, int access) {
        long[] tags = tlb.translationTags((access & Access.WRITE) != 0);
        if (privilege != Tlb.UNCACHED && tags[Tlb.slot(address)] == tag(address, access)) {
            return tlb.frame(address);
        }
        long translation = walk(address, access);
        remember(address, translation, access);
        return translation;
    }

    /** A walk may put a marked copy of a table in place, also one that ends in a fault. */
    private long walk(long address, int access) {
        try {
            return walker.translate(address, access);
        } finally {
            flushIfStale();
        }
    }

    private void remember(long address, long translation, int access) {
        boolean underSmap = (state.cr4 & Control.CR4_SMAP) != 0
                && (access & Access.USER) == 0
                && (translation & PageWalker.USER_PAGE) != 0;
        if (privilege == Tlb.UNCACHED || underSmap) {
            return;
        }
        Page page = physical.page(translation >>> 12);
        boolean mayStore = physical.isPlain(page) && !observed;
        tlb.fill(tag(address, access), translation, page, (access & Access.WRITE) != 0, mayStore);
    }

    /** What a translation for this access is remembered under. */
    private long tag(long address, int access) {
        return address & PAGE | tlb.key((access & Access.USER) != 0 ? Tlb.USER : Tlb.SUPERVISOR);
    }

    private static long load(Page page, int offset, int bits) {
        return switch (bits) {
            case 8 -> page.load8(offset);
            case 16 -> page.load16(offset);
            case 32 -> page.load32(offset);
            default -> page.load64(offset);
        };
    }

    private static void store(Page page, int offset, int bits, long value) {
        switch (bits) {
            case 8 -> page.store8(offset, value);
            case 16 -> page.store16(offset, value);
            case 32 -> page.store32(offset, value);
            default -> page.store64(offset, value);
        }
    }
}
