package io.github.nmi64.bits;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WidthTest {
    @ParameterizedTest
    @CsvSource({
        "BYTE,   8, 1, 0xff,               0x80,               56",
        "WORD,  16, 2, 0xffff,             0x8000,             48",
        "DWORD, 32, 4, 0xffffffff,         0x80000000,         32",
        "QWORD, 64, 8, 0xffffffffffffffff, 0x8000000000000000,  0"
    })
    void each_width_has_its_figures(Width width, int bits, int bytes, String mask, String signBit, int shift) {
        assertThat(width.bits()).isEqualTo(bits);
        assertThat(width.bytes()).isEqualTo(bytes);
        assertThat(width.mask()).isEqualTo(unsigned(mask));
        assertThat(width.signBit()).isEqualTo(unsigned(signBit));
        assertThat(width.shiftToTop()).isEqualTo(shift);
    }

    @ParameterizedTest
    @CsvSource({
        "BYTE,  0x1234567890abcdef, 0xef,               0xffffffffffffffef",
        "BYTE,  0xffffffffffffff7f, 0x7f,               0x7f",
        "WORD,  0x1234567890abcdef, 0xcdef,             0xffffffffffffcdef",
        "WORD,  0xffffffffffff7fff, 0x7fff,             0x7fff",
        "DWORD, 0x1234567890abcdef, 0x90abcdef,         0xffffffff90abcdef",
        "DWORD, 0xffffffff7fffffff, 0x7fffffff,         0x7fffffff",
        "QWORD, 0x8000000000000001, 0x8000000000000001, 0x8000000000000001"
    })
    void bits_above_the_width_are_cleared_or_filled_with_the_sign(
            Width width, String value, String truncated, String extended) {
        assertThat(width.truncate(unsigned(value))).isEqualTo(unsigned(truncated));
        assertThat(width.signExtend(unsigned(value))).isEqualTo(unsigned(extended));
    }

    @Property(seed = "64")
    void sign_extension_agrees_with_the_casts_of_java(@ForAll long value) {
        assertThat(Width.BYTE.signExtend(value)).isEqualTo((byte) value);
        assertThat(Width.WORD.signExtend(value)).isEqualTo((short) value);
        assertThat(Width.DWORD.signExtend(value)).isEqualTo((int) value);
        assertThat(Width.QWORD.signExtend(value)).isEqualTo(value);
    }

    private static long unsigned(String hex) {
        return Long.parseUnsignedLong(hex.substring(2), 16);
    }
}
