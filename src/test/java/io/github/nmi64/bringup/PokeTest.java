package io.github.nmi64.bringup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code SYMBOL[+OFF]=HEX}. */
class PokeTest {
    @ParameterizedTest
    @CsvSource({
        "asm_exc_nmi=90, asm_exc_nmi, 0, 90",
        "asm_exc_nmi+0xd2=9090, asm_exc_nmi, 210, 9090",
        "cpu0.nmi_state+4=00Ff, cpu0.nmi_state, 4, 00Ff"
    })
    void a_poke_is_a_place_and_bytes(String text, String symbol, long offset, String bytes) {
        assertThat(Poke.parse(text)).isEqualTo(new Poke(symbol, offset, bytes));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "=", "x", "x=", "=90", "+4=90", "x+=90", "x+-4=90", "x+z=90", "x=9", "x=909", "x=0x90", "x=9g",
                "x=90=90"
            })
    void what_is_none_is_refused(String text) {
        assertThatExceptionOfType(BringupException.class)
                .isThrownBy(() -> Poke.parse(text))
                .withMessage("expected SYMBOL[+OFF]=HEX, such as asm_exc_nmi+0xd2=9090, found '" + text + "'");
    }
}
