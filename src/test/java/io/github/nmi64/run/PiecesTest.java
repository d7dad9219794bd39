package io.github.nmi64.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Ranges that touch, overlap and lie in neighbouring pages come out ascending, each byte once, none across a page. */
class PiecesTest {
    private record Piece(long from, long to) {}

    private static List<Piece> of(long... ends) {
        Pieces pieces = new Pieces();
        for (int i = 0; i < ends.length; i += 2) {
            pieces.accept(ends[i], ends[i + 1]);
        }
        List<Piece> all = new ArrayList<>();
        pieces.forEach((from, to) -> all.add(new Piece(from, to)));
        return all;
    }

    @Test
    void what_touches_or_overlaps_within_a_page_is_one_piece() {
        assertThat(of(0x1100, 0x1200, 0x1000, 0x1080, 0x1080, 0x1100, 0x1180, 0x1300))
                .containsExactly(new Piece(0x1000, 0x1300));
    }

    @Test
    void neighbouring_pages_stay_apart_and_what_lies_in_one_is_no_second_piece() {
        assertThat(of(0x1000, 0x2000, 0x2000, 0x3000, 0x3000, 0x3100, 0x1800, 0x1900, 0x2ff8, 0x3000))
                .containsExactly(new Piece(0x1000, 0x2000), new Piece(0x2000, 0x3000), new Piece(0x3000, 0x3100));
    }

    @Test
    void nothing_is_no_piece() {
        assertThat(of(0x1000, 0x1000)).isEmpty();
    }

    @Test
    void every_byte_of_every_range_comes_once_and_in_order() {
        Random random = new Random(9);
        for (int round = 0; round < 2_000; round++) {
            Pieces pieces = new Pieces();
            TreeSet<Long> expected = new TreeSet<>();
            for (int i = 0; i < 8; i++) {
                long page = 0x1000L * (1 + random.nextInt(3));
                int first = 64 * random.nextInt(64);
                int behind = Math.min(0x1000, first + 64 * (1 + random.nextInt(24)));
                pieces.accept(page + first, page + behind);
                for (long at = page + first; at < page + behind; at += 64) {
                    expected.add(at);
                }
            }
            List<Long> found = new ArrayList<>();
            pieces.forEach((from, to) -> {
                assertThat(from >>> 12).isEqualTo(to - 1 >>> 12);
                for (long at = from; at < to; at += 64) {
                    found.add(at);
                }
            });
            assertThat(found).containsExactlyElementsOf(expected);
        }
    }
}
