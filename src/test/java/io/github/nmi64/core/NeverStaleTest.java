package io.github.nmi64.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.timing.CostModel;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;

/**
 * Remembered translations cannot be told from none. A core that remembers and one that walks for every access do
 * the same things; each answer, each fault and, in the end, all of memory with its accessed and dirty bits must agree.
 * The page tables are mapped where the accesses go, so that stores change the translations of others and their own; nobody
 * ever executes INVLPG.
 */
class NeverStaleTest {
    private static final int ROOT = 1;
    private static final int POINTERS = 2;
    private static final int DIRECTORY = 3;
    private static final int TABLE = 4;
    private static final int OTHER_TABLE = 5;
    private static final long EVERYTHING = 7; // present, writable, user
    /** Frames that entries point to: tables, data, and one beyond RAM. */
    private static final int[] FRAMES = {DIRECTORY, TABLE, OTHER_TABLE, 8, 9, 10, 200};

    private static final long OTHER_PART = 0x20_0000;

    enum Act {
        READ,
        READ_FOR_WRITE,
        WRITE,
        WRITE_ENTRY,
        FETCH,
        SYSTEM_READ,
        SYSTEM_WRITE,
        FRAME,
        TOGGLE_USER,
        TOGGLE_SMAP,
        TOGGLE_AC,
        TOGGLE_WP,
        TOGGLE_BREAKPOINT,
        SNAPSHOT,
        RESTORE,
        KILL,
        EDIT_FROM_OUTSIDE
    }

    private static final Set<Act> FORGETS =
            EnumSet.of(Act.TOGGLE_SMAP, Act.TOGGLE_WP, Act.SNAPSHOT, Act.RESTORE, Act.EDIT_FROM_OUTSIDE);

    /** An act at a linear address; stores store the entry. */
    record Deed(Act act, long address, int bits, long entry) {}

    /** A core with a small address space in which the tables are visible as data. */
    private static final class Subject {
        final PhysicalMemory physical = new PhysicalMemory(1 << 19);
        final Core core = new Core(new CpuState(), physical, Rules.INTEL, CostModel.UNIT);
        private PhysicalMemory.Snapshot last;

        Subject(boolean remembers) {
            core.memory.caching(remembers);
            table(ROOT, 0, POINTERS);
            table(POINTERS, 0, DIRECTORY);
            table(DIRECTORY, 0, TABLE);
            table(DIRECTORY, 1, OTHER_TABLE);
            for (int i = 0; i < FRAMES.length; i++) {
                table(TABLE, i, FRAMES[i]);
                table(OTHER_TABLE, i, FRAMES[i]);
            }
            CpuState state = core.state;
            state.cr0 = Control.CR0_PE | Control.CR0_PG | Control.CR0_WP;
            state.cr3 = ROOT << 12;
            state.cr4 = Control.CR4_PAE;
            state.efer = Control.EFER_LME | Control.EFER_LMA | Control.EFER_NXE;
            state.dr[0] = 0x3008;
            physical.hash().keep(true);
            core.modeChanged();
            last = physical.snapshot();
            core.memory.flush();
        }

        private void table(int frame, int index, int target) {
            physical.store64((long) frame << 12 | index * 8L, (long) target << 12 | EVERYTHING);
        }

        String perform(Deed deed) {
            try {
                return switch (deed.act) {
                    case READ -> "read " + core.memory.read(deed.address, deed.bits, Segment.DS);
                    case READ_FOR_WRITE -> "read " + core.memory.readForWrite(deed.address, deed.bits, Segment.DS);
                    case WRITE -> write(deed.address, deed.bits, deed.entry);
                    case WRITE_ENTRY -> write(deed.address & -8, 64, deed.entry);
                    case FETCH -> "fetch " + core.memory.translateFetch(deed.address);
                    case SYSTEM_READ -> "read " + core.memory.readSystem(deed.address, deed.bits);
                    case SYSTEM_WRITE -> {
                        core.memory.writeSystem(deed.address, deed.bits, deed.entry);
                        yield "written " + core.state.interrupts.debugStatus;
                    }
                    case FRAME -> {
                        core.memory.writeFrame(deed.address & -8, deed.entry, (int) (deed.entry >>> 5 & 1) * 3);
                        yield "written " + core.state.interrupts.debugStatus;
                    }
                    default -> change(deed);
                };
            } catch (Fault fault) {
                return fault.getMessage();
            }
        }

        private String write(long address, int bits, long value) {
            core.memory.write(address, bits, value, Segment.DS);
            return "written " + core.state.interrupts.debugStatus;
        }

        private String change(Deed deed) {
            CpuState state = core.state;
            switch (deed.act) {
                case TOGGLE_USER -> state.cpl ^= 3;
                case TOGGLE_SMAP -> state.cr4 ^= Control.CR4_SMAP;
                case TOGGLE_WP -> state.cr0 ^= Control.CR0_WP;
                case TOGGLE_BREAKPOINT -> state.dr7 ^= 0xd_0001; // four bytes, writes
                case TOGGLE_AC -> core.rflags(state.rflags ^ Rflags.AC);
                case SNAPSHOT -> last = physical.snapshot();
                case RESTORE -> physical.restore(last);
                case KILL -> core.memory.kill(deed.address & -8, (deed.address & -8) + 16, word -> true);
                default -> physical.store64(TABLE << 12 | deed.address & 0x38, deed.entry);
            }
            if (FORGETS.contains(deed.act)) {
                core.memory.flush(); // as MOV CR and a machine's snapshot do
            }
            core.modeChanged();
            return "changed";
        }
    }

    @Property(seed = "20111208", tries = 4000, shrinking = ShrinkingMode.BOUNDED)
    @Label("TP-218: a core that remembers translations behaves as one that walks each time")
    void a_core_that_remembers_translations_behaves_as_one_that_walks_each_time(
            @ForAll("histories") List<Deed> history) {
        Subject remembering = new Subject(true);
        Subject walking = new Subject(false);

        for (Deed deed : history) {
            assertThat(remembering.perform(deed)).as(deed.toString()).isEqualTo(walking.perform(deed));
            assertThat(remembering.physical.marks().deadReads())
                    .as(deed.toString())
                    .isEqualTo(walking.physical.marks().deadReads());
        }

        byte[] remembered = new byte[1 << 19];
        byte[] walked = new byte[1 << 19];
        remembering.physical.read(0, remembered, 0, remembered.length);
        walking.physical.read(0, walked, 0, walked.length);
        assertThat(remembered).isEqualTo(walked);
        assertThat(remembering.physical.hash().low())
                .isEqualTo(walking.physical.hash().low());
        long kept = remembering.physical.hash().high();
        remembering.physical.hash().keep(true);
        assertThat(remembering.physical.hash().high()).as("computed anew").isEqualTo(kept);
    }

    @Example
    void a_walk_that_faults_shows_the_accessed_bits_it_set() {
        Subject subject = new Subject(true);
        Deed readDirectory = new Deed(Act.READ, 8, 64, 0);
        subject.perform(readDirectory); // sets its own accessed bits, so that the next read sets none
        subject.perform(new Deed(Act.SNAPSHOT, 0, 64, 0));
        assertThat(subject.perform(readDirectory)).isEqualTo("read " + (OTHER_TABLE << 12 | EVERYTHING));

        assertThat(subject.perform(new Deed(Act.READ, OTHER_PART + 0x9000, 64, 0)))
                .startsWith("#PF");

        assertThat(subject.perform(readDirectory)).isEqualTo("read " + (OTHER_TABLE << 12 | EVERYTHING | 0x20));
    }

    @Provide
    Arbitrary<List<Deed>> histories() {
        return Combinators.combine(acts(), addresses(), Arbitraries.of(8, 16, 32, 64), entries())
                .as(Deed::new)
                .list()
                .ofMinSize(4)
                .ofMaxSize(60);
    }

    private static Arbitrary<Act> acts() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.of(Act.READ, Act.WRITE, Act.WRITE_ENTRY, Act.FETCH)),
                Tuple.of(2, Arbitraries.of(Act.class)));
    }

    /** In one of the seven mapped pages of either part: mostly an entry of the first eight, seldom across the page's end. */
    private static Arbitrary<Long> addresses() {
        Arbitrary<Integer> offsets = Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.integers().between(0, 7).map(i -> 8 * i)),
                Tuple.of(1, Arbitraries.of(0xffd, 0xfff, 0x13)));
        return Combinators.combine(Arbitraries.integers().between(0, 6), offsets, Arbitraries.of(0L, OTHER_PART))
                .as((page, offset, part) -> part + page * 0x1000L + offset);
    }

    private static Arbitrary<Long> entries() {
        Arbitrary<Long> rights = Arbitraries.of(7L, 0x67L, 3L, 5L, 1L, 0L, 7L | 1L << 63, 0x27L);
        return Combinators.combine(Arbitraries.integers().between(0, FRAMES.length - 1), rights)
                .as((frame, bits) -> (long) FRAMES[frame] << 12 | bits);
    }
}
