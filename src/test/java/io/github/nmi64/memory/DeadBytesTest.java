package io.github.nmi64.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes that nothing reads before they are written do not tell two memories apart; reading one is noticed. */
class DeadBytesTest {
    private static final long WORD = 0x3000;

    private final PhysicalMemory memory = new PhysicalMemory(1 << 20);

    @BeforeEach
    void hash() {
        memory.hash().keep(true);
    }

    private static List<Long> hash(PhysicalMemory memory) {
        return List.of(memory.hash().low(), memory.hash().high());
    }

    @Test
    void memories_that_differ_in_dead_bytes_only_are_equal() {
        PhysicalMemory other = new PhysicalMemory(1 << 20);
        other.hash().keep(true);
        memory.store64(WORD, 1);
        other.store64(WORD, 2);
        assertThat(hash(memory)).isNotEqualTo(hash(other));

        memory.marks().kill(WORD, 8);
        other.marks().kill(WORD, 8);

        assertThat(hash(memory)).isEqualTo(hash(other));
    }

    @Test
    void a_dead_byte_is_not_a_zero() {
        List<Long> zero = hash(memory);

        memory.marks().kill(WORD + 3, 1);

        assertThat(hash(memory)).isNotEqualTo(zero);
    }

    @Test
    void writing_brings_bytes_back_to_life() {
        memory.marks().kill(WORD, 8);
        memory.storeOverMarks(memory.writable(WORD >>> 12), WORD, 4, 0x1122_3344);
        memory.marks().noteRead(memory.page(WORD >>> 12), WORD, 4);
        assertThat(memory.marks().deadReads()).isEmpty();

        memory.marks().noteRead(memory.page(WORD >>> 12), WORD + 3, 2);

        assertThat(memory.marks().deadReads()).containsExactly(WORD);
    }

    @Test
    void every_word_of_which_a_dead_byte_is_read_is_noted() {
        memory.marks().kill(WORD, 24);
        memory.marks().noteRead(memory.page(WORD >>> 12), WORD + 20, 8);
        assertThat(memory.marks().deadReads()).containsExactly(WORD + 16);

        memory.marks().noteRead(memory.page(WORD >>> 12), WORD + 5, 8);

        assertThat(memory.marks().deadReads()).containsExactly(WORD, WORD + 8, WORD + 16);
    }

    @Test
    void a_fetch_from_a_page_with_dead_bytes_reads_all_of_it() {
        memory.marks().kill(WORD + 0x800, 8);

        memory.watchCode(WORD >>> 12);

        assertThat(memory.marks().deadReads()).hasSize(Page.SIZE / 8).contains(WORD, WORD + 0x800, WORD + 0xff8);
    }

    @Test
    void dead_bytes_keep_what_they_hold() {
        memory.store64(WORD, 0x1122_3344_5566_7788L);

        memory.marks().kill(WORD + 2, 3);

        assertThat(memory.load64(WORD)).isEqualTo(0x1122_3344_5566_7788L);
    }

    @Test
    void code_and_page_tables_do_not_die() {
        memory.store64(WORD, 7);
        memory.watchCode(WORD >>> 12);

        assertThat(memory.marks().kill(WORD, 8)).isFalse();

        assertThat(memory.load64(WORD)).isEqualTo(7);
    }

    @Test
    void dead_bytes_belong_to_a_snapshot() {
        memory.marks().kill(WORD, 8);
        PhysicalMemory.Snapshot dead = memory.snapshot();
        List<Long> hash = hash(memory);
        memory.store64(WORD, 5);
        assertThat(memory.page(WORD >>> 12).anyDead(0, 8)).isFalse();

        memory.restore(dead);

        assertThat(hash(memory)).isEqualTo(hash);
        assertThat(memory.page(WORD >>> 12).anyDead(0, 8)).isTrue();
    }

    @Test
    void the_running_hash_is_the_hash_from_scratch() {
        SplittableRandom random = new SplittableRandom(64);
        for (int i = 0; i < 2000; i++) {
            long address = WORD + random.nextInt(64) * 8L;
            switch (random.nextInt(4)) {
                case 0 -> memory.marks().kill(address, 8);
                case 1 -> memory.marks().kill(address + random.nextInt(8), 1);
                case 2 ->
                    memory.storeOverMarks(
                            memory.writable(address >>> 12), address + 4, 1 + random.nextInt(4), random.nextLong());
                default -> memory.store64(address, random.nextLong());
            }
        }
        List<Long> running = hash(memory);

        memory.hash().keep(true);

        assertThat(hash(memory)).isEqualTo(running);
    }
}
