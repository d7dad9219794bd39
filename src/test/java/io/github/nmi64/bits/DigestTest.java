package io.github.nmi64.bits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DigestTest {
    private static final int WORDS = 36;
    private static final int ROUNDS = 50;

    private final Digest digest = new Digest();
    private final SplittableRandom random = new SplittableRandom(64);

    private void take(long[] words) {
        digest.reset();
        for (int i = 0; i < words.length; i += 2) {
            digest.add(words[i], words[i + 1]);
        }
    }

    @Test
    void equal_words_give_equal_digests_and_order_matters() {
        take(new long[] {1, 2, 3, 4});
        long low = digest.low(5);
        long high = digest.high(5);
        take(new long[] {1, 2, 3, 4});
        assertThat(digest.low(5)).isEqualTo(low);
        assertThat(digest.high(5)).isEqualTo(high);

        take(new long[] {3, 4, 1, 2});
        assertThat(digest.low(5)).isNotEqualTo(low);
        take(new long[] {2, 1, 3, 4});
        assertThat(digest.low(5)).isNotEqualTo(low);
    }

    /** Half of the bits change, whichever bit of whichever word does: small values, as registers hold, included. */
    @Test
    void each_bit_of_each_word_reaches_half_of_the_bits_of_either_half() {
        long lowBits = 0;
        long highBits = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long[] words = random.longs(WORDS).map(word -> word >>> 40).toArray();
            take(words);
            long low = digest.low(0);
            long high = digest.high(0);
            for (int bit = 0; bit < 64 * WORDS; bit++) {
                words[bit / 64] ^= 1L << bit;
                take(words);
                words[bit / 64] ^= 1L << bit;
                assertThat(digest.low(0)).isNotEqualTo(low);
                assertThat(digest.high(0)).isNotEqualTo(high);
                lowBits += Long.bitCount(digest.low(0) ^ low);
                highBits += Long.bitCount(digest.high(0) ^ high);
            }
        }
        double changes = 64.0 * WORDS * ROUNDS;
        assertThat(lowBits / changes).isBetween(31.9, 32.1);
        assertThat(highBits / changes).as("of 32").isBetween(15.95, 16.05);
    }

    /**
     * Two registers that change by little, a counter and a pointer say: the part that the last word does not reach and the
     * rest each tell all states apart.
     */
    @Test
    void small_changes_of_two_words_never_meet_in_either_part() {
        Set<Long> commons = new HashSet<>();
        Set<Long> rests = new HashSet<>();
        Set<Integer> lowers = new HashSet<>();
        Set<Integer> uppers = new HashSet<>();
        long[] words = random.longs(WORDS).toArray();
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < 300; j++) {
                words[4]++;
                take(words);
                long low = digest.low(0);
                long high = digest.high(0);
                commons.add(low << 6 | high >>> 58);
                rests.add(low >>> 32 ^ high << 6);
                lowers.add((int) low);
                uppers.add((int) (high >>> 32));
            }
            words[4] -= 300;
            words[10] += 8;
        }

        assertThat(commons).as("of 2^38").hasSize(90_000);
        assertThat(rests).as("of 2^58").hasSize(90_000);
        assertThat(lowers).as("of 2^32, by chance one pair").hasSizeGreaterThan(89_990);
        assertThat(uppers).as("of 2^32, by chance one pair").hasSizeGreaterThan(89_990);
    }

    @Test
    void digests_that_differ_in_the_last_word_alone_have_their_place_in_common() {
        take(new long[] {1, 2});
        for (long last = 0; last < 64; last++) {
            assertThat((int) digest.low(last)).isEqualTo((int) digest.low(0));
            assertThat(digest.high(last) >>> 58).isEqualTo(digest.high(0) >>> 58);
        }
    }

    @Test
    void the_last_word_tells_digests_apart() {
        take(new long[] {1, 2});
        Set<Long> lows = new HashSet<>();
        Set<Long> highs = new HashSet<>();
        for (int bit = 0; bit < 64; bit++) {
            lows.add(digest.low(1L << bit));
            highs.add(digest.high(1L << bit));
        }

        assertThat(lows).hasSize(64);
        assertThat(highs).hasSize(64);
    }
}
