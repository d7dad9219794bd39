package io.github.nmi64.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Copy-on-write, watches and the edges of RAM. Costs are told in page copies, never in time. */
class PhysicalMemoryTest {
    private static final long SIZE = 4L << 20;
    private static final long PAGES = SIZE / Page.SIZE;

    private final PhysicalMemory memory = new PhysicalMemory(SIZE);

    @Test
    void untouched_memory_reads_as_zero_and_what_lies_beyond_it_as_ones() {
        assertThat(memory.load64(SIZE - 8)).isZero();
        assertThat(memory.load64(SIZE)).isEqualTo(-1);
        assertThat(memory.load64(1L << 39)).isEqualTo(-1);
    }

    @Test
    void a_store_beyond_the_memory_vanishes_and_leaves_the_hash_alone() {
        memory.hash().keep(true);
        memory.store64(0x1000, 5);
        long low = memory.hash().low();
        long high = memory.hash().high();

        memory.store64(SIZE, 0x1234);
        memory.write(SIZE - 2, new byte[] {0, 0, 7, 7}, 0, 4);

        assertThat(memory.load64(SIZE)).isEqualTo(-1);
        assertThat(memory.hash().low()).isEqualTo(low);
        assertThat(memory.hash().high()).isEqualTo(high);
    }

    @Test
    void a_snapshot_copies_no_page() {
        fill();
        Page[] before = pages(memory);

        memory.snapshot();

        assertThat(copies(before, pages(memory))).isZero();
    }

    @Test
    void after_a_snapshot_each_page_written_is_copied_once_and_no_other_page_is() {
        fill();
        memory.snapshot();
        Page[] before = pages(memory);

        for (int i = 0; i < 100; i++) {
            memory.store64(0x3000 + 8 * i, i);
            memory.store64(0x20_0000 + 8 * i, i);
        }
        Page[] after = pages(memory);
        memory.store64(0x3ff8, 1);

        assertThat(copies(before, after)).isEqualTo(2);
        assertThat(copies(after, pages(memory))).isZero();
    }

    @Test
    void restoring_brings_the_very_pages_back_and_copies_none() {
        fill();
        PhysicalMemory.Snapshot snapshot = memory.snapshot();
        Page[] before = pages(memory);
        memory.store64(0x5000, -1);
        memory.store64(0x30_0000, -1);

        memory.restore(snapshot);

        assertThat(copies(before, pages(memory))).isZero();
        assertThat(memory.load64(0x5000)).isEqualTo(5);
    }

    @Test
    void a_snapshot_can_be_restored_any_number_of_times() {
        memory.store64(0x1000, 1);
        PhysicalMemory.Snapshot snapshot = memory.snapshot();

        for (int round = 2; round < 5; round++) {
            memory.store64(0x1000, round);
            memory.store64(0x1008, round);
            memory.restore(snapshot);
            assertThat(memory.load64(0x1000)).isEqualTo(1);
            assertThat(memory.load64(0x1008)).isZero();
        }
    }

    @Test
    void two_memories_restored_from_one_snapshot_never_share_a_page_one_of_them_writes() {
        fill();
        PhysicalMemory.Snapshot snapshot = memory.snapshot();
        PhysicalMemory other = new PhysicalMemory(SIZE);
        other.restore(snapshot);

        memory.store64(0x2000, 100);
        other.store64(0x2000, 200);
        memory.store64(0x2008, 101);
        other.store64(0x4000, 201);

        assertThat(memory.load64(0x2000)).isEqualTo(100);
        assertThat(memory.load64(0x2008)).isEqualTo(101);
        assertThat(memory.load64(0x4000)).isEqualTo(4);
        assertThat(other.load64(0x2000)).isEqualTo(200);
        assertThat(other.load64(0x2008)).isZero();
        assertThat(other.load64(0x4000)).isEqualTo(201);
        assertThat(other.page(3)).isSameAs(memory.page(3));
        assertThat(memory.isPlain(memory.page(3))).isFalse();
        assertThat(other.isPlain(other.page(3))).isFalse();
    }

    @Test
    void the_pages_of_zeros_that_all_memories_share_are_never_written() {
        PhysicalMemory other = new PhysicalMemory(SIZE);

        memory.store64(0x7000, 9);
        memory.watchCode(8);
        memory.store64(0x8000, 9);

        assertThat(other.load64(0x7000)).isZero();
        assertThat(other.load64(0x8000)).isZero();
        assertThat(new PhysicalMemory(SIZE).load64(0x7000)).isZero();
    }

    @Test
    void a_snapshot_of_another_size_is_refused() {
        PhysicalMemory.Snapshot snapshot = new PhysicalMemory(2 * SIZE).snapshot();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> memory.restore(snapshot))
                .withMessageContaining("another size");
    }

    @Test
    void writing_a_page_of_code_puts_another_page_in_its_place_and_changes_the_version() {
        memory.store64(0x1000, 0x90);
        Page code = memory.watchCode(1);
        int version = memory.version();

        memory.store64(0x1008, 1);

        assertThat(memory.page(1)).isNotSameAs(code);
        assertThat(code.load64(8)).isZero();
        assertThat(memory.version()).isNotEqualTo(version);
    }

    @Test
    void a_page_is_plain_until_it_is_watched() {
        memory.store64(0x1000, 1);
        memory.store64(0x2000, 1);
        assertThat(memory.isPlain(memory.page(1))).isTrue();
        assertThat(memory.isPlain(memory.page(2))).isTrue();

        int version = memory.version();
        memory.watchCode(1);
        int afterCode = memory.version();
        memory.watchTranslations(2L << 12);

        assertThat(memory.isPlain(memory.page(1))).isFalse();
        assertThat(memory.isPlain(memory.page(2))).isFalse();
        assertThat(afterCode).isNotEqualTo(version);
        assertThat(memory.version()).isNotEqualTo(afterCode);
    }

    @Test
    void writing_a_page_of_translations_changes_the_version_but_setting_accessed_bits_does_not() {
        memory.store64(0x2000, 0x7);
        memory.watchTranslations(2L << 12);
        int version = memory.version();

        memory.storeTableEntry(0x2000, 0x27);
        assertThat(memory.version()).isEqualTo(version);
        assertThat(memory.load64(0x2000)).isEqualTo(0x27);
        assertThat(memory.isPlain(memory.page(2))).isFalse();

        memory.store64(0x2000, 0);
        assertThat(memory.version()).isNotEqualTo(version);
    }

    @Test
    void a_restore_changes_the_version_because_every_page_may_be_another() {
        PhysicalMemory.Snapshot snapshot = memory.snapshot();
        int version = memory.version();

        memory.restore(snapshot);

        assertThat(memory.version()).isNotEqualTo(version);
    }

    private void fill() {
        for (long number = 0; number < PAGES; number += 2) {
            memory.store64(number * Page.SIZE, number);
        }
        for (long number = 1; number < 8; number += 2) {
            memory.store64(number * Page.SIZE, number);
        }
    }

    private static Page[] pages(PhysicalMemory memory) {
        return LongStream.range(0, PAGES).mapToObj(memory::page).toArray(Page[]::new);
    }

    private static long copies(Page[] before, Page[] after) {
        return Arrays.stream(after)
                .filter(page -> !Arrays.asList(before).contains(page))
                .count();
    }

    @Test
    void memories_that_begin_alike_share_their_bytes_until_one_of_them_writes() {
        fill();
        PhysicalMemory.Snapshot contents = memory.snapshot();
        PhysicalMemory one = new PhysicalMemory(contents);
        PhysicalMemory other = new PhysicalMemory(contents);
        long before = other.load64(0x3000);

        one.store64(0x3000, before + 1);

        assertThat(other.load64(0x3000)).isEqualTo(before);
        assertThat(memory.load64(0x3000)).isEqualTo(before);
        assertThat(LongStream.range(0, PAGES).filter(number -> !one.page(number).shares(other.page(number))))
                .containsExactly(3L);
    }

    /** Which pages hold code decides which bytes may die, so it must not depend on what other machines execute. */
    @Test
    void what_one_memory_watches_another_with_the_same_beginning_does_not() {
        fill();
        PhysicalMemory.Snapshot contents = memory.snapshot();
        PhysicalMemory one = new PhysicalMemory(contents);
        PhysicalMemory other = new PhysicalMemory(contents);

        one.watchCode(3);
        one.watchTranslations(0x4000);

        assertThat(one.marks().kill(0x3000, 8)).isFalse();
        assertThat(other.marks().kill(0x3000, 8)).isTrue();
        assertThat(other.page(4).holdsTranslations()).isFalse();
    }

    @Test
    void the_hash_of_a_memory_that_did_not_begin_with_zeros_is_that_of_its_contents() {
        fill();
        memory.store64(0x10_0000, 0);
        PhysicalMemory other = new PhysicalMemory(memory.snapshot());
        for (PhysicalMemory each : new PhysicalMemory[] {memory, other}) {
            each.store64(0x3000, 77);
            each.store64(SIZE - 8, 5);
            each.hash().keep(true);
            each.store64(0x20_0000, 6);
        }

        assertThat(other.hash().low()).isEqualTo(memory.hash().low()).isNotZero();
        assertThat(other.hash().high()).isEqualTo(memory.hash().high()).isNotZero();
    }

    /** What the processor marks counts as if it had not, until the guest stores to the word: then what is there counts. */
    @Test
    void accessed_and_dirty_bits_do_not_count_until_the_guest_stores_to_their_word() {
        PhysicalMemory memory = new PhysicalMemory(1 << 20);
        memory.hash().keep(true);
        memory.store64(0x1000, 0x2003);
        long bare = memory.hash().bareLow();
        long hash = memory.hash().low();

        memory.storeTableEntry(0x1000, 0x2023);
        memory.storeTableEntry(0x1000, 0x2063);
        assertThat(memory.hash().bareLow()).isEqualTo(bare);
        assertThat(memory.hash().low()).isNotEqualTo(hash);
        assertThat(memory.hash().processorMarks()).isNotZero();

        memory.store64(0x1000, 0x2063);
        assertThat(memory.hash().bareLow())
                .isNotEqualTo(bare)
                .isEqualTo(memory.hash().low());
        assertThat(memory.hash().processorMarks()).isZero();

        memory.store64(0x1000, 0x2003);
        assertThat(memory.hash().bareLow()).isEqualTo(bare);
    }

    @Test
    void what_was_marked_goes_back_with_a_snapshot() {
        PhysicalMemory memory = new PhysicalMemory(1 << 20);
        memory.hash().keep(true);
        memory.store64(0x1000, 0x2003);
        PhysicalMemory.Snapshot before = memory.snapshot();
        memory.storeTableEntry(0x1000, 0x2023);
        PhysicalMemory.Snapshot marked = memory.snapshot();
        long bare = memory.hash().bareLow();

        memory.restore(before);
        assertThat(memory.hash().processorMarks()).isZero();
        memory.restore(marked);
        assertThat(memory.hash().processorMarks()).isNotZero();
        assertThat(memory.hash().bareLow()).isEqualTo(bare);
    }

    /** Marks of bytes that were not compared belong to the page, wherever a copy of it goes, until they are written. */
    @Test
    void what_was_not_compared_is_known_on_a_copy_of_the_page_until_it_is_written() {
        PhysicalMemory memory = new PhysicalMemory(1 << 20);
        memory.marks().watchUncompared(true);
        memory.marks().leaveUncompared(0x1008, 16);
        PhysicalMemory.Snapshot snapshot = memory.snapshot();
        memory.store64(0x1100, 1); // on a copy
        memory.store64(0x1008, 1);

        memory.marks().noteRead(memory.page(1), 0x1008, 8);
        assertThat(memory.marks().uncomparedReads()).isEmpty();
        memory.marks().noteRead(memory.page(1), 0x1014, 8);
        assertThat(memory.marks().uncomparedReads()).containsExactly(0x1010L);

        memory.restore(snapshot);
        memory.marks().uncomparedReads().clear();
        memory.marks().noteRead(memory.page(1), 0x1008, 1);
        assertThat(memory.marks().uncomparedReads()).containsExactly(0x1008L);
    }
}
