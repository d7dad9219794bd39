package io.github.nmi64.bringup;

import io.github.nmi64.bits.Numeral;
import java.util.HexFormat;
import java.util.OptionalLong;

/**
 * Other bytes at a place of the kernel.
 *
 * @param symbol a name of the kernel
 * @param offset from it, in bytes
 * @param bytes what to put there, two hexadecimal digits each; at least one byte
 */
public record Poke(String symbol, long offset, String bytes) {
    private static final String FORM = "expected SYMBOL[+OFF]=HEX, such as asm_exc_nmi+0xd2=9090";

    /**
     * Reads {@code SYMBOL+OFF=HEX}.
     *
     * @throws BringupException if the text has another form
     */
    public static Poke parse(String text) {
        int equals = text.indexOf('=');
        String place = equals < 0 ? "" : text.substring(0, equals);
        String bytes = text.substring(equals + 1);
        int plus = place.indexOf('+');
        OptionalLong offset = plus < 0 ? OptionalLong.of(0) : Numeral.natural(place.substring(plus + 1));
        String symbol = plus < 0 ? place : place.substring(0, plus);
        if (symbol.isEmpty() || offset.isEmpty() || !bytes.matches("([0-9A-Fa-f]{2})+")) {
            throw new BringupException(FORM + ", found '" + text + "'");
        }
        return new Poke(symbol, offset.getAsLong(), bytes);
    }

    byte[] content() {
        return HexFormat.of().parseHex(bytes);
    }
}
