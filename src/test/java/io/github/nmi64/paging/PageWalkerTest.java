package io.github.nmi64.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One linear address, four entries to it, and every combination of what may stand in them. */
class PageWalkerTest {
    /** Indices 3, 5, 7 and 9 of levels 4 to 1. */
    private static final long LINEAR = 3L << 39 | 5L << 30 | 7L << 21 | 9L << 12;

    private static final long[] TABLES = {0, 0x4000, 0x3000, 0x2000, 0x1000}; // by level
    private static final long[] INDEX = {0, 9, 7, 5, 3};
    private static final long FRAME = 0x7000;

    private static final long P = 1;
    private static final long W = 2;
    private static final long U = 4;
    private static final long A = 0x20;
    private static final long D = 0x40;
    private static final long LARGE = 0x80;
    private static final long XD = 1L << 63;

    private final PhysicalMemory memory = new PhysicalMemory(1 << 19);
    private final CpuState state = new CpuState();
    private final PageWalker walker = new PageWalker(state, memory);

    @BeforeEach
    void map_the_page_for_everybody() {
        state.cr3 = TABLES[4];
        state.cr0 = Control.CR0_PE | Control.CR0_PG | Control.CR0_WP;
        state.efer = Control.EFER_LMA | Control.EFER_LME | Control.EFER_NXE;
        for (int level = 4; level > 1; level--) {
            entry(level, TABLES[level - 1] | P | W | U);
        }
        entry(1, FRAME | P | W | U);
    }

    // ---- dead bytes

    @ParameterizedTest(name = "level {0}")
    @ValueSource(ints = {1, 2, 3, 4})
    void a_dead_entry_is_noticed_whatever_it_says(int level) {
        long entry = TABLES[level] | INDEX[level] << 3;
        memory.marks().kill(entry + 3, 1);
        memory.marks().kill(entry + 16, 8); // another of the table

        walker.translate(LINEAR, 0);
        assertThat(memory.marks().deadReads()).containsExactly(entry);
    }

    @Test
    void a_dead_entry_that_is_not_present_is_noticed() {
        entry(2, 0);
        memory.marks().kill(TABLES[2] | INDEX[2] << 3, 8);

        assertThat(catchThrowableOfType(Fault.class, () -> walker.translate(LINEAR, 0)))
                .isNotNull();
        assertThat(walker.probe(LINEAR)).isEmpty();

        assertThat(memory.marks().deadReads()).containsExactly(TABLES[2] | INDEX[2] << 3);
    }

    // ---- rights

    /**
     * The manual's rules as it states them, in prose order: user accesses need user pages; writes need writable pages
     * unless a supervisor runs with WP clear; fetches need pages without XD; SMEP and SMAP keep a supervisor from user
     * pages, SMAP with the exception of explicit accesses while AC is set.
     */
    private static boolean allowed(int access, boolean userPage, boolean writable, boolean noExecute, CpuState state) {
        boolean wp = (state.cr0 & Control.CR0_WP) != 0;
        boolean smep = (state.cr4 & Control.CR4_SMEP) != 0;
        boolean smap = (state.cr4 & Control.CR4_SMAP) != 0;
        boolean ac = state.flag(Rflags.AC);
        boolean fetch = (access & Access.FETCH) != 0;
        boolean write = (access & Access.WRITE) != 0;
        if ((access & Access.USER) != 0) {
            return userPage && !(write && !writable) && !(fetch && noExecute);
        }
        if (fetch) {
            return !noExecute && !(userPage && smep);
        }
        boolean implicit = (access & Access.IMPLICIT) != 0;
        if (userPage && smap && (implicit || !ac)) {
            return false;
        }
        return !write || writable || !wp;
    }

    private static final int[] ACCESSES = {
        Access.READ,
        Access.WRITE,
        Access.FETCH,
        Access.READ | Access.USER,
        Access.WRITE | Access.USER,
        Access.FETCH | Access.USER,
        Access.READ | Access.IMPLICIT,
        Access.WRITE | Access.IMPLICIT
    };

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    @DisplayName("TP-210, TP-213, TP-215, TP-216: rights of every kind of access, with the restriction at each level")
    void rights_are_those_of_the_manual_whichever_level_restricts(int level) {
        List<String> disagreements = new ArrayList<>();
        int allowances = 0;
        for (int bits = 0; bits < 1 << 7; bits++) {
            boolean userPage = (bits & 1) != 0;
            boolean writable = (bits & 2) != 0;
            boolean noExecute = (bits & 4) != 0;
            state.cr0 = state.cr0 & ~Control.CR0_WP | ((bits & 8) != 0 ? Control.CR0_WP : 0);
            state.cr4 = ((bits & 16) != 0 ? Control.CR4_SMEP : 0) | ((bits & 32) != 0 ? Control.CR4_SMAP : 0);
            state.rflags = Rflags.FIXED | ((bits & 64) != 0 ? Rflags.AC : 0);
            long target = level == 1 ? FRAME : TABLES[level - 1];
            for (int access : ACCESSES) {
                entry(level, target | P | (userPage ? U : 0) | (writable ? W : 0) | (noExecute ? XD : 0));
                boolean expected = allowed(access, userPage, writable, noExecute, state);
                allowances += expected ? 1 : 0;
                int code = outcome(access);
                int wanted = expected ? -1 : 1 | access & (Access.WRITE | Access.USER | Access.FETCH);
                if (code != wanted) {
                    disagreements.add("access " + access + " with bits " + bits + ": " + code + ", not " + wanted);
                }
            }
        }
        assertThat(disagreements).isEmpty();
        assertThat(allowances).isBetween(300, 800);
    }

    /** Error code of the fault, -1 if the access is allowed. */
    private int outcome(int access) {
        try {
            assertThat(walker.translate(LINEAR, access) & -0x1000).isEqualTo(FRAME);
            return -1;
        } catch (Fault fault) {
            assertThat(fault.vector()).isEqualTo(Vector.PF);
            return fault.errorCode();
        }
    }

    @ParameterizedTest(name = "{0}: access {1} of an entry {2} gives {3}")
    @CsvSource({
        "user read of unmapped, 4, 0, 0x4",
        "user write to read-only, 6, 5, 0x7",
        "user fetch of unmapped, 0x14, 0, 0x14",
        "user fetch of a kernel page, 0x14, 3, 0x15",
        "kernel write to read-only with WP, 2, 1, 0x3",
        "system read of unmapped at CPL 3, 0x100, 0, 0x0",
        "frame push to unmapped, 0x102, 0, 0x2",
    })
    @DisplayName("TP-210, TP-213: page-fault error codes")
    void error_codes_are_those_of_the_manual(String name, String access, String entry, String code) {
        entry(1, FRAME & -Long.decode(entry) >> 63 | Long.decode(entry));

        assertThat(fault(Integer.decode(access)).errorCode()).isEqualTo(Integer.decode(code));
    }

    @Test
    @DisplayName("TP-210: a fetch is reported as such only with NXE or SMEP")
    void a_fetch_is_reported_only_with_nxe_or_smep() {
        entry(1, 0);
        assertThat(fault(Access.FETCH).errorCode()).isEqualTo(0x10);

        state.efer = Control.EFER_LMA | Control.EFER_LME;
        assertThat(fault(Access.FETCH).errorCode()).isZero();

        state.cr4 = Control.CR4_SMEP;
        assertThat(fault(Access.FETCH).errorCode()).isEqualTo(0x10);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    @DisplayName("TP-211: the fault carries the very address")
    void a_fault_carries_the_address_of_the_access(int level) {
        entry(level, 0);

        Fault fault = catchThrowableOfType(Fault.class, () -> walker.translate(LINEAR + 0x123, Access.READ));

        assertThat(fault.linearAddress()).isEqualTo(LINEAR + 0x123);
    }

    // ---- reserved bits

    @ParameterizedTest(name = "level {0}, bits {1}")
    @CsvSource({
        "4, 0x80",
        "4, 0x10000000000",
        "3, 0x10000000000",
        "2, 0x10000000000",
        "1, 0x10000000000",
        "1, 0x8000000000000",
        "3, 0x2080",
        "3, 0x20000080",
        "2, 0x2080",
        "2, 0x100080"
    })
    @DisplayName("TP-212: reserved bits of a present entry fault with P and RSVD, whatever the access")
    void a_reserved_bit_faults(int level, String bits) {
        long target = level == 1 ? FRAME : (Long.decode(bits) & LARGE) != 0 && level < 4 ? 0 : TABLES[level - 1];
        entry(level, target | P | W | U | Long.decode(bits));

        assertThat(fault(Access.READ).errorCode()).isEqualTo(0x9);
        assertThat(fault(Access.WRITE | Access.USER).errorCode()).isEqualTo(0xf);
        assertThat(fault(Access.FETCH).errorCode()).isEqualTo(0x19);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    @DisplayName("TP-212: bit 63 is reserved while NXE is off")
    void bit_63_is_reserved_without_nxe(int level) {
        entry(level, load(level) | XD);
        state.efer = Control.EFER_LMA | Control.EFER_LME;

        assertThat(fault(Access.READ).errorCode()).isEqualTo(0x9);
        state.efer |= Control.EFER_NXE;
        assertThat(outcome(Access.READ)).isEqualTo(-1);
    }

    @Test
    @DisplayName("TP-212: an absent entry may hold anything")
    void an_entry_that_is_not_present_has_no_reserved_bits() {
        entry(2, -1L & ~P);

        assertThat(fault(Access.READ).errorCode()).isZero();
    }

    // ---- page sizes

    @ParameterizedTest(name = "level {0}")
    @CsvSource({"1, 0x1000, 0x7000", "2, 0x200000, 0x40000000", "3, 0x40000000, 0x80000000"})
    @DisplayName("TP-214, TP-215: pages of 4 KiB, 2 MiB and 1 GiB translate every address within them")
    void pages_of_each_size_translate_every_address_within_them(int level, String sizeText, String frameText) {
        long size = Long.decode(sizeText);
        long frame = Long.decode(frameText);
        entry(level, frame | P | W | U | (level > 1 ? LARGE : 0));
        long start = LINEAR & -size;

        for (long inside : new long[] {0, 0x1000 & size - 1, size / 2 & -0x1000, size - 0x1000}) {
            assertThat(walker.translate(start + inside + 0x234 % size, Access.WRITE) & -0x1000)
                    .isEqualTo(frame + inside);
            assertThat(walker.probe(start + inside + 0x234)).hasValue(frame + inside + 0x234);
        }
        assertThat(load(level) & (A | D)).isEqualTo(A | D);
    }

    @Test
    @DisplayName("TP-212: bit 12 of a large page is its PAT bit, not part of the address")
    void the_pat_bit_of_a_large_page_is_no_address_bit() {
        entry(2, 0x4000_0000L | P | W | U | LARGE | 1 << 12);

        assertThat(walker.translate(LINEAR & -0x20_0000, Access.READ) & -0x1000).isEqualTo(0x4000_0000L);
    }

    // ---- accessed and dirty

    @Test
    @DisplayName("TP-214: a walk sets A at every level and D at the leaf only, on a write only")
    void a_walk_marks_the_entries_it_used() {
        walker.translate(LINEAR, Access.READ);
        for (int level = 1; level <= 4; level++) {
            assertThat(load(level) & (A | D)).as("level " + level).isEqualTo(A);
        }

        walker.translate(LINEAR, Access.WRITE);
        for (int level = 1; level <= 4; level++) {
            assertThat(load(level) & (A | D)).as("level " + level).isEqualTo(level == 1 ? A | D : A);
        }
    }

    @Test
    @DisplayName("TP-214: a forbidden access leaves the leaf unmarked")
    void a_forbidden_access_leaves_the_leaf_alone() {
        entry(1, FRAME | P);

        fault(Access.WRITE | Access.USER);

        assertThat(load(1)).isEqualTo(FRAME | P);
    }

    @Test
    @DisplayName("TP-214: a debugger's look marks nothing and asks for no rights")
    void a_probe_marks_nothing() {
        entry(1, FRAME | P);
        byte[] before = new byte[0x8000];
        memory.read(0, before, 0, before.length);

        assertThat(walker.probe(LINEAR + 5)).hasValue(FRAME + 5);

        byte[] after = new byte[0x8000];
        memory.read(0, after, 0, after.length);
        assertThat(after).isEqualTo(before);
        entry(3, 0);
        assertThat(walker.probe(LINEAR)).isEmpty();
    }

    private Fault fault(int access) {
        Fault fault = catchThrowableOfType(Fault.class, () -> walker.translate(LINEAR, access));
        assertThat(fault).isNotNull();
        assertThat(fault.vector()).isEqualTo(Vector.PF);
        return fault;
    }

    private void entry(int level, long value) {
        memory.store64(TABLES[level] + 8 * INDEX[level], value);
    }

    private long load(int level) {
        return memory.load64(TABLES[level] + 8 * INDEX[level]);
    }
}
