package io.github.nmi64.cli;

import io.github.nmi64.bits.Numeral;
import java.util.OptionalLong;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a number from 1 to 2^63-1, decimal or {@code 0x}. */
final class PositiveNumber implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        OptionalLong number = Numeral.natural(text);
        if (number.isEmpty() || number.getAsLong() == 0) {
            throw new TypeConversionException("expected a number from 1, found '" + text + "'");
        }
        return number.getAsLong();
    }
}
