package io.github.nmi64.cli;

import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The words of an option with a fixed choice: reads them, and offers them for completion. */
abstract class EnumConverter<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {
    private final List<E> constants;

    /** The words are the constants' {@link Object#toString}. */
    EnumConverter(Class<E> type) {
        this.constants = List.of(type.getEnumConstants());
    }

    @Override
    public E convert(String text) {
        return constants.stream()
                .filter(constant -> constant.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException(
                        "expected " + words().collect(Collectors.joining(" or ")) + ", found '" + text + "'"));
    }

    @Override
    public Iterator<String> iterator() {
        return words().iterator();
    }

    private Stream<String> words() {
        return constants.stream().map(Object::toString);
    }
}
