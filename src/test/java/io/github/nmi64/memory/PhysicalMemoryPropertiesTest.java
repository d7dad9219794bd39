package io.github.nmi64.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random histories of two memories that exchange snapshots, against plain arrays of bytes. */
class PhysicalMemoryPropertiesTest {
    private static final int SIZE = 1 << 19;
    /** Pages that the histories touch: few, so that they meet often. The last one lies beyond the memory. */
    private static final long[] PAGES = {0, 1, 2, 127, 128};

    enum Act {
        STORE,
        WRITE_BYTES,
        SET_TABLE_ENTRY,
        WATCH_CODE,
        WATCH_TRANSLATIONS,
        SNAPSHOT,
        RESTORE
    }

    /** One act of one of the two memories. */
    record Deed(Act act, boolean second, long address, long value) {}

    /** A memory and the bytes it should hold. */
    private static final class Subject {
        final PhysicalMemory memory = new PhysicalMemory(SIZE);
        byte[] expected = new byte[SIZE];

        void store(long address, long value, int size) {
            for (int i = 0; i < size && address + i < SIZE; i++) {
                expected[(int) address + i] = (byte) (value >>> 8 * i);
            }
        }
    }

    private record Kept(PhysicalMemory.Snapshot snapshot, byte[] expected) {}

    @Property(seed = "20111208", tries = 300)
    void both_memories_hold_what_was_stored_and_their_hashes_are_those_computed_from_scratch(
            @ForAll("histories") List<Deed> history) {
        Subject[] subjects = {new Subject(), new Subject()};
        List<Kept> kept = new ArrayList<>();
        for (Subject subject : subjects) {
            subject.memory.hash().keep(true);
        }

        for (Deed deed : history) {
            perform(deed, subjects[deed.second ? 1 : 0], kept);
        }

        for (Subject subject : subjects) {
            byte[] actual = new byte[SIZE];
            subject.memory.read(0, actual, 0, SIZE);
            assertThat(actual).isEqualTo(subject.expected);
            long low = subject.memory.hash().low();
            long high = subject.memory.hash().high();
            subject.memory.hash().keep(true);
            assertThat(low).isEqualTo(subject.memory.hash().low());
            assertThat(high).isEqualTo(subject.memory.hash().high());
        }
    }

    @Property(seed = "20111208", tries = 300)
    void the_hash_depends_on_the_contents_and_not_on_the_way_to_them(@ForAll("histories") List<Deed> history) {
        Subject there = new Subject();
        there.memory.hash().keep(true);
        for (Deed deed : history) {
            perform(deed, there, new ArrayList<>());
        }

        PhysicalMemory other = new PhysicalMemory(SIZE);
        other.write(0, there.expected, 0, SIZE);
        other.hash().keep(true);

        assertThat(there.memory.hash().low()).isEqualTo(other.hash().low());
        assertThat(there.memory.hash().high()).isEqualTo(other.hash().high());
    }

    @Property(seed = "20111208", tries = 300)
    void one_changed_quadword_changes_both_halves_of_the_hash(@ForAll("addresses") long address, @ForAll long value) {
        PhysicalMemory memory = new PhysicalMemory(SIZE);
        memory.hash().keep(true);
        memory.store64(0, 0x55);
        long low = memory.hash().low();
        long high = memory.hash().high();
        boolean changes = address < SIZE && value != memory.load64(address);

        memory.store64(address, value);

        assertThat(memory.hash().low() != low).isEqualTo(changes);
        assertThat(memory.hash().high() != high).isEqualTo(changes);
    }

    private static void perform(Deed deed, Subject subject, List<Kept> kept) {
        PhysicalMemory memory = subject.memory;
        switch (deed.act) {
            case STORE -> {
                memory.store64(deed.address, deed.value);
                subject.store(deed.address, deed.value, 8);
            }
            case WRITE_BYTES -> {
                byte[] bytes = {(byte) deed.value, 2, (byte) (deed.value >> 8), 4, 5};
                long start = deed.address + (deed.value & 7);
                memory.write(start, bytes, 1, 3);
                subject.store(start, 2 | (deed.value >> 8 & 0xff) << 8 | 4 << 16, 3);
            }
            case SET_TABLE_ENTRY -> {
                if (deed.address < SIZE) { // only entries that a walk has read are marked
                    memory.storeTableEntry(deed.address, deed.value);
                    subject.store(deed.address, deed.value, 8);
                }
            }
            case WATCH_CODE -> memory.watchCode(deed.address >>> 12);
            case WATCH_TRANSLATIONS -> {
                if (deed.address < SIZE) { // beyond RAM every entry is reserved, so no walk gets there
                    memory.watchTranslations(deed.address);
                }
            }
            case SNAPSHOT -> kept.add(new Kept(memory.snapshot(), subject.expected.clone()));
            case RESTORE -> {
                if (!kept.isEmpty()) {
                    Kept past = kept.get((int) Long.remainderUnsigned(deed.value, kept.size()));
                    memory.restore(past.snapshot);
                    subject.expected = past.expected.clone();
                }
            }
        }
    }

    @Provide
    Arbitrary<Long> addresses() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, PAGES.length - 1),
                        Arbitraries.integers().between(0, 511))
                .as((page, quadword) -> PAGES[page] * Page.SIZE + quadword * 8);
    }

    @Provide
    Arbitrary<List<Deed>> histories() {
        return Combinators.combine(
                        Arbitraries.of(Act.class), Arbitraries.of(true, false), addresses(), Arbitraries.longs())
                .as(Deed::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(80);
    }
}
