package io.github.nmi64.bits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumeralTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "007, 7",
        "42, 42",
        "0x2a, 42",
        "0X2A, 42",
        "9223372036854775807, 9223372036854775807",
        "0x7fffffffffffffff, 9223372036854775807"
    })
    void naturals_are_decimal_or_hexadecimal(String text, long value) {
        assertThat(Numeral.natural(text)).hasValue(value);
        assertThat(Numeral.unsigned(text)).hasValue(value);
        assertThat(Numeral.signed(text)).hasValue(value);
    }

    @ParameterizedTest
    @CsvSource({
        "0xffffffff81000000, -2130706432",
        "18446744073709551615, -1",
        "9223372036854775808, -9223372036854775808"
    })
    void patterns_with_bit_63_set_are_no_naturals(String text, long value) {
        assertThat(Numeral.natural(text)).isEmpty();
        assertThat(Numeral.unsigned(text)).hasValue(value);
    }

    @ParameterizedTest
    @CsvSource({"-1, -1", "-56, -56", "-0x38, -56", "-9223372036854775808, -9223372036854775808"})
    void a_minus_is_for_signed_numbers_only(String text, long value) {
        assertThat(Numeral.unsigned(text)).isEmpty();
        assertThat(Numeral.signed(text)).hasValue(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "+1",
                " 1",
                "1 ",
                "1_0",
                "1L",
                "0x",
                "x1",
                "0xg",
                "--1",
                "-",
                "1.0",
                "\u0661",
                "18446744073709551616",
                "0x10000000000000000",
                "-9223372036854775809",
                "-0x8000000000000001",
                "-0x"
            })
    void everything_else_is_no_number(String text) {
        assertThat(Numeral.natural(text)).isEmpty();
        assertThat(Numeral.unsigned(text)).isEmpty();
        assertThat(Numeral.signed(text)).isEmpty();
    }
}
