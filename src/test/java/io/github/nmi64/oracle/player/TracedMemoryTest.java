package io.github.nmi64.oracle.player;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TracedMemoryTest {
    private final TracedMemory memory =
            new TracedMemory(Entries.bundled("catalogue/v37-plain-kernel").image());
    private static final long FAR = 0x7000_0000_0000L;

    @Test
    void it_begins_with_what_the_image_holds_and_zeros() {
        long text = 0xffff_ffff_8100_0000L;

        assertThat(memory.quadword(text)).isNotZero();
        assertThat(memory.quadword(FAR)).isZero();
    }

    @Test
    void a_store_may_lie_across_quadwords_and_pages() {
        memory.write(FAR + 0xffd, 8, 0x8877_6655_4433_2211L);

        assertThat(memory.quadword(FAR + 0xffd)).isEqualTo(0x8877_6655_4433_2211L);
        assertThat(memory.quadword(FAR + 0x1000)).isEqualTo(0x88_7766_5544L);
        assertThat(memory.quadword(FAR + 0xff8)).isEqualTo(0x3322_1100_0000_0000L);
    }

    @Test
    void what_was_put_back_has_not_changed() {
        memory.write(FAR, 8, 5);
        int mark = memory.mark();
        memory.write(FAR, 4, 6);
        memory.write(FAR + 8, 1, 0xff);
        memory.write(FAR, 8, 5);

        assertThat(memory.changedSince(mark)).isEqualTo(Map.of(FAR + 8, 0L));
    }

    @Test
    void stores_can_be_undone() {
        memory.write(FAR, 8, 5);
        int mark = memory.mark();
        memory.write(FAR, 2, 6);
        memory.write(FAR + 6, 4, -1);
        memory.undo(mark);

        assertThat(memory.quadword(FAR)).isEqualTo(5);
        assertThat(memory.quadword(FAR + 8)).isZero();
    }
}
