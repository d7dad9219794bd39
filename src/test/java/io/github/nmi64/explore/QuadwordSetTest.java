package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class QuadwordSetTest {
    private final QuadwordSet live = new QuadwordSet();

    @Test
    void every_word_may_die_until_it_was_read() {
        assertThat(live.lacks(0x1000)).isTrue();

        live.add(List.of(0x1000L, 0x800L));
        live.add(List.of(0x1000L));

        assertThat(live.lacks(0x1000)).isFalse();
        assertThat(live.lacks(0x800)).isFalse();
        assertThat(live.lacks(0x1008)).isTrue();
        assertThat(live.quadwords()).containsExactly(0x800L, 0x1000L);
    }
}
