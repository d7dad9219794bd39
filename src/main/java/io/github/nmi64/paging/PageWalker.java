package io.github.nmi64.paging;

import io.github.nmi64.isa.Fault;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import java.util.OptionalLong;

/**
 * Four-level paging (SDM vol. 3, 4.5 to 4.8): translates one page, checks rights, sets accessed and dirty bits. Always
 * walks; caching is the caller's affair.
 */
public final class PageWalker {
    /** Physical address bits reported by CPUID; higher ones are reserved in table entries. */
    public static final int PHYSICAL_BITS = 40;

    /** In a translation: the page may be written with the access's privilege, and is marked dirty. */
    public static final int WRITABLE = 1;
    /** In a translation: user mode may access the page. */
    public static final int USER_PAGE = 2;

    private static final long PRESENT = 1;
    private static final long WRITE = 1 << 1;
    private static final long USER = 1 << 2;
    private static final long ACCESSED = 1 << 5;
    private static final long DIRTY = 1 << 6;
    private static final long LARGE = 1 << 7;
    private static final long NO_EXECUTE = 1L << 63;
    private static final long ADDRESS = (1L << PHYSICAL_BITS) - 1 & -Page.SIZE;
    private static final long RESERVED = (1L << 52) - 1 & -(1L << PHYSICAL_BITS);

    private static final int FAULT_PRESENT = 1;
    private static final int FAULT_RESERVED = 1 << 3;

    private final CpuState state;
    private final PhysicalMemory memory;

    /** A walker over the tables that {@code state}'s CR3 points to. */
    public PageWalker(CpuState state, PhysicalMemory memory) {
        this.state = state;
        this.memory = memory;
    }

    /**
     * Translates the page of a canonical linear address.
     *
     * @param access bits of {@link Access}
     * @return physical address of the 4 KiB page, with {@link #WRITABLE} and {@link #USER_PAGE} in the low bits
     * @throws Fault #PF if an entry is not present, has reserved bits set, or forbids the access
     */
    public long translate(long linear, int access) {
        long rights = WRITE | USER;
        long table = state.cr3 & ADDRESS;
        long noExecute = 0;
        for (int shift = 39; ; shift -= 9) {
            long at = table | (linear >>> shift & 0x1ff) << 3;
            memory.marks().noteRead(memory.page(at >>> 12), at, Long.BYTES);
            long entry = memory.load64(at);
            if ((entry & PRESENT) == 0) {
                throw pageFault(linear, access, 0);
            }
            boolean leaf = shift == 12 || (entry & LARGE) != 0;
            if ((entry & reserved(shift, leaf)) != 0) {
                throw pageFault(linear, access, FAULT_PRESENT | FAULT_RESERVED);
            }
            rights &= entry;
            noExecute |= entry & NO_EXECUTE;
            memory.watchTranslations(at);
            if (leaf) {
                check(linear, access, rights, noExecute);
                return finish(linear, access, rights, at, entry, shift);
            }
            mark(at, entry, ACCESSED);
            table = entry & ADDRESS;
        }
    }

    /** Physical address of a linear one, as a debugger sees it: no rights are checked and nothing is marked. */
    public OptionalLong probe(long linear) {
        long table = state.cr3 & ADDRESS;
        for (int shift = 39; ; shift -= 9) {
            long at = table | (linear >>> shift & 0x1ff) << 3;
            memory.marks().noteInspection(memory.page(at >>> 12), at, Long.BYTES);
            long entry = memory.load64(at);
            if ((entry & PRESENT) == 0) {
                return OptionalLong.empty();
            }
            if (shift == 12 || shift < 39 && (entry & LARGE) != 0) {
                long inside = (1L << shift) - 1;
                return OptionalLong.of(entry & ADDRESS & ~inside | linear & inside);
            }
            table = entry & ADDRESS;
        }
    }

    private long finish(long linear, int access, long rights, long at, long entry, int shift) {
        boolean write = (access & Access.WRITE) != 0;
        mark(at, entry, write ? ACCESSED | DIRTY : ACCESSED);
        long inside = (1L << shift) - 1;
        long page = (entry & ADDRESS & ~inside | linear & inside) & -Page.SIZE;
        return page | (write ? WRITABLE : 0) | ((rights & USER) != 0 ? USER_PAGE : 0);
    }

    /** SDM vol. 3, figure 4-11: a large page is possible at levels 2 and 3, where address bits below its size are reserved. */
    private long reserved(int shift, boolean leaf) {
        long reserved = RESERVED | ((state.efer & Control.EFER_NXE) == 0 ? NO_EXECUTE : 0);
        if (shift == 39) {
            return reserved | LARGE;
        }
        return leaf && shift > 12 ? reserved | (1L << shift) - 1 & -0x2000L : reserved;
    }

    /** SDM vol. 3, 4.6.1 "Determination of Access Rights". */
    private void check(long linear, int access, long rights, long noExecute) {
        boolean user = (access & Access.USER) != 0;
        boolean userPage = (rights & USER) != 0;
        boolean allowed = !user || userPage;
        if ((access & Access.FETCH) != 0) {
            allowed &= noExecute == 0 && (user || !userPage || (state.cr4 & Control.CR4_SMEP) == 0);
        } else if (!user && userPage && (state.cr4 & Control.CR4_SMAP) != 0) {
            allowed &= state.flag(Rflags.AC) && (access & Access.IMPLICIT) == 0;
        }
        if ((access & Access.WRITE) != 0 && (rights & WRITE) == 0) {
            allowed &= !user && (state.cr0 & Control.CR0_WP) == 0;
        }
        if (!allowed) {
            throw pageFault(linear, access, FAULT_PRESENT);
        }
    }

    private void mark(long at, long entry, long bits) {
        if ((entry & bits) != bits) {
            memory.storeTableEntry(at, entry | bits);
        }
    }

    /** TP-210: the fetch bit is reported only if NXE or SMEP is on. */
    private Fault pageFault(long linear, int access, int cause) {
        boolean reportsFetch = (state.efer & Control.EFER_NXE) != 0 || (state.cr4 & Control.CR4_SMEP) != 0;
        int reported = Access.WRITE | Access.USER | (reportsFetch ? Access.FETCH : 0);
        return Fault.page(linear, access & reported | cause);
    }
}
