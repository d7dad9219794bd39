package io.github.nmi64.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeededTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1234567, -1, Long.MIN_VALUE})
    void the_generator_is_splitmix64_as_the_platform_implements_it(long seed) {
        var ours = new SplitMix64(seed);
        var platform = new SplittableRandom(seed);

        for (int i = 0; i < 1000; i++) {
            assertThat(ours.next()).isEqualTo(platform.nextLong());
        }
    }

    @Test
    void the_generator_gives_the_published_numbers() {
        var random = new SplitMix64(1234567);

        assertThat(random.next()).isEqualTo(Long.parseUnsignedLong("6457827717110365317"));
        assertThat(random.next()).isEqualTo(Long.parseUnsignedLong("3203168211198807973"));
        assertThat(random.next()).isEqualTo(Long.parseUnsignedLong("9817491932198370423"));
    }

    @Test
    void the_same_seed_gives_the_same_places() {
        long[] first = new When.Seeded(42, 20).positions(10_000);

        assertThat(new When.Seeded(42, 20).positions(10_000)).isEqualTo(first);
        assertThat(new When.Seeded(43, 20).positions(10_000)).isNotEqualTo(first);
    }

    @Test
    void a_short_horizon_is_filled_and_then_exceeded() {
        assertThat(new When.Seeded(7, 4).positions(2)).containsExactly(0, 1, 2, 3);
        assertThat(new When.Seeded(7, 3).positions(3)).containsExactly(0, 1, 2);
        assertThatIllegalArgumentException().isThrownBy(() -> new When.Seeded(7, 1).positions(-1));
    }

    @Test
    void every_place_below_the_horizon_is_reached_by_some_seed() {
        var reached = new BitSet();
        for (long seed = 0; seed < 200; seed++) {
            for (long position : new When.Seeded(seed, 2).positions(16)) {
                reached.set((int) position);
            }
        }

        assertThat(reached.cardinality()).isEqualTo(16);
    }
}
