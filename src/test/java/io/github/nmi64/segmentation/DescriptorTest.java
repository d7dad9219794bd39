package io.github.nmi64.segmentation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.op.SystemMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fields of a descriptor against SDM vol. 3, figure 3-8 and table 3-1. */
class DescriptorTest {
    private static final int PRESENT = 0x80;
    private static final int GRANULAR = 8;
    private static final int BIG = 4;
    private static final int LONG = 2;

    private static Descriptor of(long base, long limit, int access, int flags) {
        return new Descriptor(SystemMachine.descriptor(base, limit, access, flags));
    }

    @Test
    void every_bit_of_the_base_stands_where_the_figure_says() {
        for (int bit = 0; bit < 32; bit++) {
            assertThat(of(1L << bit, 0, 0, 0).base()).as("bit %d", bit).isEqualTo(1L << bit);
        }
        assertThat(of(0, 0xf_ffff, 0xff, 0xf).base()).isZero();
    }

    @Test
    void every_bit_of_the_limit_stands_where_the_figure_says() {
        for (int bit = 0; bit < 20; bit++) {
            long limit = 1L << bit;
            assertThat(of(0, limit, 0, 0).limit()).as("bit %d", bit).isEqualTo(limit);
            assertThat(of(0, limit, 0, GRANULAR).limit())
                    .as("pages, bit %d", bit)
                    .isEqualTo(limit << 12 | 0xfff);
        }
        assertThat(of(0xffff_ffffL, 0, 0xff, 7).limit()).isZero();
        assertThat(of(0, 0xf_ffff, 0, GRANULAR).limit()).isEqualTo(0xffff_ffffL);
    }

    /** S and the four type bits: what table 3-1 says of each. */
    @ParameterizedTest(name = "type {0}: {1}")
    @CsvSource({
        "0x10, data",
        "0x11, data",
        "0x12, data writable",
        "0x13, data writable",
        "0x14, data",
        "0x15, data",
        "0x16, data writable",
        "0x17, data writable",
        "0x18, code",
        "0x19, code",
        "0x1a, code readable",
        "0x1b, code readable",
        "0x1c, code conforming",
        "0x1d, code conforming",
        "0x1e, code conforming readable",
        "0x1f, code conforming readable",
        "0x00, system",
        "0x02, system",
        "0x04, system",
        "0x06, system",
        "0x08, system",
        "0x09, system",
        "0x0a, system",
        "0x0b, system",
        "0x0c, system",
        "0x0e, system",
        "0x0f, system"
    })
    void types(String access, String kind) {
        Descriptor descriptor = of(0, 0, Integer.decode(access), 0);

        assertThat(descriptor.type()).isEqualTo(Integer.decode(access) & 0xf);
        assertThat(descriptor.isCodeOrData()).isEqualTo(!kind.equals("system"));
        assertThat(descriptor.isCode()).isEqualTo(kind.startsWith("code"));
        assertThat(descriptor.isData()).isEqualTo(kind.startsWith("data"));
        assertThat(descriptor.isConforming()).isEqualTo(kind.contains("conforming"));
        assertThat(descriptor.isWritable()).isEqualTo(kind.contains("writable"));
        assertThat(descriptor.isReadable()).isEqualTo(kind.contains("readable") || kind.startsWith("data"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void presence_level_and_size(int dpl) {
        Descriptor without = of(-1, 0xf_ffff, 0xff & ~PRESENT & ~(3 << 5) | dpl << 5, GRANULAR);
        assertThat(without.dpl()).isEqualTo(dpl);
        assertThat(without.isPresent()).isFalse();
        assertThat(without.isBig()).isFalse();
        assertThat(without.isLong()).isFalse();

        assertThat(of(0, 0, PRESENT | dpl << 5, 0).isPresent()).isTrue();
        assertThat(of(0, 0, PRESENT | dpl << 5, 0).dpl()).isEqualTo(dpl);
        assertThat(of(0, 0, 0, BIG).isBig()).isTrue();
        assertThat(of(0, 0, 0, BIG).isLong()).isFalse();
        assertThat(of(0, 0, 0, LONG).isLong()).isTrue();
        assertThat(of(0, 0, 0, LONG).isBig()).isFalse();
    }
}
