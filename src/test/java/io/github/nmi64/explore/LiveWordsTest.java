package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LiveWordsTest {
    private final LiveWords live = new LiveWords();

    @Test
    void every_word_may_die_until_it_was_read() {
        assertThat(live.mayDie(0x1000)).isTrue();

        live.add(0x1000);
        live.add(0x800);
        live.add(0x1000);

        assertThat(live.mayDie(0x1000)).isFalse();
        assertThat(live.mayDie(0x800)).isFalse();
        assertThat(live.mayDie(0x1008)).isTrue();
        assertThat(live.words()).containsExactly(0x800L, 0x1000L);
    }
}
