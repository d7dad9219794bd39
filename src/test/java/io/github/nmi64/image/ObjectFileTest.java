package io.github.nmi64.image;

import static io.github.nmi64.image.TinyObject.ABSOLUTE;
import static io.github.nmi64.image.TinyObject.COMMON;
import static io.github.nmi64.image.TinyObject.GLOBAL;
import static io.github.nmi64.image.TinyObject.LOCAL;
import static io.github.nmi64.image.TinyObject.PROGBITS;
import static io.github.nmi64.image.TinyObject.UNDEFINED;
import static io.github.nmi64.image.TinyObject.WEAK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.nmi64.image.ObjectFile.ObjectSection;
import io.github.nmi64.image.ObjectFile.ObjectSymbol;
import io.github.nmi64.image.ObjectFile.Relocation;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read of an object file, and what is refused, in which words. */
class ObjectFileTest {
    private static final byte[] CODE = {1, 2, 3, 4, 5, 6, 7, 8};

    private static TinyObject small() {
        return new TinyObject()
                .code(".text", CODE)
                .data(".data", new byte[] {9}, 32)
                .zeros(".bss", 4096, 16)
                .section(".comment", PROGBITS, 0, new byte[5], 5, 1)
                .section(
                        ".nmi64", PROGBITS, 0, "title Small\n".getBytes(java.nio.charset.StandardCharsets.UTF_8), 12, 1)
                .symbol("here", LOCAL, 1, 3)
                .symbol("there", GLOBAL, UNDEFINED, 0)
                .symbol("perhaps", WEAK, UNDEFINED, 0)
                .symbol("number", GLOBAL, ABSOLUTE, 42);
    }

    @Test
    void an_object_has_sections_symbols_relocations_and_directives() {
        ObjectFile object = ObjectFile.read(
                "small.o",
                small().relocation(1, 4, 11, 2, -4).relocation(4, 0, 1, 1, 0).bytes());

        assertThat(object.name()).isEqualTo("small.o");
        assertThat(object.directiveText()).isEqualTo("title Small\n");
        assertThat(object.sections())
                .containsExactly(
                        java.util.Map.entry(1, new ObjectSection(".text", true, 1, ByteBuffer.wrap(CODE), 8)),
                        java.util.Map.entry(
                                2, new ObjectSection(".data", false, 32, ByteBuffer.wrap(new byte[] {9}), 1)),
                        java.util.Map.entry(
                                3, new ObjectSection(".bss", false, 16, ByteBuffer.wrap(new byte[0]), 4096)));
        assertThat(object.symbols().subList(1, 5))
                .containsExactly(
                        new ObjectSymbol("here", 1, 3, 0, false, false, false),
                        new ObjectSymbol("there", ObjectSymbol.UNDEFINED, 0, 0, true, false, false),
                        new ObjectSymbol("perhaps", ObjectSymbol.UNDEFINED, 0, 0, true, true, false),
                        new ObjectSymbol("number", ObjectSymbol.ABSOLUTE, 42, 0, true, false, false));
        // that of .comment is of no use: the section takes no memory
        assertThat(object.relocations()).containsExactly(new Relocation(1, 4, 11, 2, -4));
    }

    @Test
    void what_was_read_does_not_change() {
        byte[] file = small().bytes();
        ObjectFile object = ObjectFile.read("small.o", file);
        Arrays.fill(file, (byte) 0);

        assertThat(object.sections().get(1).data()).isEqualTo(ByteBuffer.wrap(CODE));
        assertThat(object.sections().get(1).data().isReadOnly()).isTrue();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(
                        "has the common symbol 'many'; compile it with -fno-common",
                        o -> o.symbol("many", GLOBAL, COMMON, 8)),
                refused("its section '.odd' has an alignment of 24", o -> o.zeros(".odd", 1, 24)),
                refused("its section '.odd' has an alignment of 131072", o -> o.zeros(".odd", 1, 1 << 17)),
                refused(
                        "its section '.odd' has an alignment of 9223372036854775808",
                        o -> o.zeros(".odd", 1, Long.MIN_VALUE)),
                refused("its section '.big' needs more than 16 MiB of memory", o -> o.zeros(".big", (16 << 20) + 1, 1)),
                refused("its section '.big' needs more than 16 MiB of memory", o -> o.zeros(".big", -1, 1)),
                refused(
                        "needs more than 16 MiB of memory, which is the limit for an object file",
                        o -> o.zeros(".one", 15 << 20, 1).zeros(".two", 2 << 20, 1)),
                refused("needs more than 16 MiB of memory, which is the limit for an object file", o -> {
                    for (int i = 0; i < 300; i++) {
                        o.zeros(".padded", 1, 1 << 16);
                    }
                    return;
                }),
                refused("has a relocation for symbol 5 of 5", o -> o.relocation(1, 0, 1, 5, 0)),
                refused("has a relocation for symbol 4294967295 of 5", o -> o.relocation(1, 0, 1, -1, 0)),
                refused("has a relocation outside its section '.text'", o -> o.relocation(1, 8, 1, 1, 0)),
                refused("has a relocation outside its section '.text'", o -> o.relocation(1, -1, 1, 1, 0)),
                refused("has a relocation outside its section '.bss'", o -> o.relocation(3, 0, 1, 1, 0)),
                refused(
                        "has a name that leaves its string table or has more than 4096 bytes",
                        o -> o.symbol("x".repeat(5000), GLOBAL, 1, 0)),
                refused(
                        "has 1048577 bytes of directives; the limit is 1 MiB",
                        o -> o.section(".nmi64", PROGBITS, 0, new byte[(1 << 20) + 1], (1 << 20) + 1, 1)));
    }

    private static Arguments refused(String why, Consumer<TinyObject> damage) {
        return Arguments.of(why, damage);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void what_cannot_be_loaded_is_refused(String why, Consumer<TinyObject> damage) {
        TinyObject object = small();
        damage.accept(object);

        assertRefused(object.bytes(), why);
    }

    private static void assertRefused(byte[] bytes, String why) {
        assertThatExceptionOfType(ImageFormatException.class)
                .isThrownBy(() -> ObjectFile.read("bad.o", bytes))
                .withMessage("bad.o: " + why);
    }

    @Test
    void what_is_no_object_is_refused() {
        assertRefused(new byte[0], "is empty");
        assertRefused(new byte[100], "is not an ELF file");
        assertRefused(TinyElf.withCode().bytes(), "is linked (ET_EXEC); give the object file it was made from");
        byte[] whole = small().bytes();
        assertRefused(
                Arrays.copyOf(whole, whole.length - 1),
                "is truncated: the section header table needs 576 bytes from offset %d, the file has %d"
                        .formatted(whole.length - 576, whole.length - 1));
    }

    /** Field of a section header, by the section's number, its offset there and its size; the value; what is said about it. */
    @ParameterizedTest(name = "section {0}, field at {1} = {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "6 | 40 | 4 | 1 | has a section 6 that belongs to section 1, which is not of its kind",
                "6 | 40 | 4 | 99 | has a section 6 that belongs to section 99, which is not of its kind",
                "6 | 40 | 4 | -1 | has a section 6 that belongs to section -1, which is not of its kind",
                "6 | 56 | 8 | 16 | has symbols of 16 bytes instead of 24",
                "8 | 4 | 4 | 1 | has no names of its sections",
                "1 | 24 | 8 | 100000 | is truncated: section 1 needs 8 bytes from offset 100000, the file has ",
                "1 | 32 | 8 | -1 | is truncated: section 1 needs 18446744073709551615 bytes from offset 64, the file has ",
                "1 | 0 | 4 | 99999 | has a name that leaves its string table or has more than 4096 bytes"
            })
    void a_header_that_is_wrong_is_refused(int section, int field, int size, long value, String why) {
        byte[] bytes = small().bytes();
        ByteBuffer file = ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        int at = (int) file.getLong(40) + 64 * section + field;
        if (size == 4) {
            file.putInt(at, (int) value);
        } else {
            file.putLong(at, value);
        }

        assertThatExceptionOfType(ImageFormatException.class)
                .isThrownBy(() -> ObjectFile.read("bad.o", bytes))
                .withMessageStartingWith("bad.o: " + why);
    }
}
