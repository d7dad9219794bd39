package io.github.nmi64.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HexTest {
    @ParameterizedTest
    @CsvSource({"0, 0x0", "10, 0xa", "4096, 0x1000", "-1, 0xffffffffffffffff"})
    void values_have_no_leading_zeros(long value, String text) {
        assertThat(Hex.of(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 0x00", "42, 2, 0x002a", "42, 8, 0x000000000000002a", "-1, 4, 0xffffffff", "4660, 1, 0x34"})
    void fixed_text_has_two_digits_for_each_byte(long value, int bytes, String text) {
        assertThat(Hex.fixed(value, bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 9})
    void a_value_has_one_to_eight_bytes(int bytes) {
        assertThatThrownBy(() -> Hex.fixed(0, bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a value is printed with 1 to 8 bytes, not " + bytes);
    }

    @Test
    void bytes_are_separated_by_blanks() {
        byte[] code = {0x48, (byte) 0x89, (byte) 0xe5, (byte) 0xc3};

        assertThat(Hex.bytes(code, 0, 3)).isEqualTo("48 89 e5");
        assertThat(Hex.bytes(code, 3, 4)).isEqualTo("c3");
        assertThat(Hex.bytes(code, 2, 2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 3", "2, 1"})
    void a_range_outside_the_array_is_refused(int from, int to) {
        assertThatThrownBy(() -> Hex.bytes(new byte[2], from, to)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
