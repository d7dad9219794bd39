package io.github.nmi64.bringup;

import static io.github.nmi64.image.TinyObject.ABSOLUTE;
import static io.github.nmi64.image.TinyObject.GLOBAL;
import static io.github.nmi64.image.TinyObject.LOCAL;
import static io.github.nmi64.image.TinyObject.UNDEFINED;
import static io.github.nmi64.image.TinyObject.WEAK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.ObjectFile;
import io.github.nmi64.image.Symbol;
import io.github.nmi64.image.TinyObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Objects beside a kernel: where they lie, and what is filled in (x86-64 psABI, table 4.9). */
class ObjectLoaderTest {
    private static final long CODE = ObjectLoader.MODULES;

    private static final Map<String, Long> KERNEL = Map.of(
            "high", 0xffff_ffff_8100_0000L,
            "small", 0x7fL,
            "far", 0x1234_5678_9abc_def0L);

    private static ObjectLoader load(TinyObject... objects) {
        List<ObjectFile> files = new java.util.ArrayList<>();
        for (TinyObject object : objects) {
            files.add(ObjectFile.read("object" + (files.size() + 1) + ".o", object.bytes()));
        }
        return new ObjectLoader(files, name -> {
            Long value = KERNEL.get(name);
            return value == null ? OptionalLong.empty() : OptionalLong.of(value);
        });
    }

    /** An object with sixteen bytes 0x90 of code, whose symbol 1 is somebody else's. */
    private static TinyObject asking(String name) {
        byte[] code = new byte[16];
        Arrays.fill(code, (byte) 0x90);
        return new TinyObject().code(".text", code).symbol(name, GLOBAL, UNDEFINED, 0);
    }

    private static ByteBuffer bytes(ObjectLoader loader, int segment) {
        return loader.segments().get(segment).data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String hex(ObjectLoader loader, int from, int size) {
        byte[] bytes = new byte[size];
        bytes(loader, 0).get(from, bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The place is 0xffffffffa0000004. What is around it stays. */
    @ParameterizedTest(name = "{0} of {1}{2}")
    @CsvSource({
        "R_X86_64_64, far, 1, 1, 9090f1debc9a7856341290",
        "R_X86_64_PC32, high, -4, 2, 9090f8ffffe0909090",
        "R_X86_64_PLT32, high, -4, 4, 9090f8ffffe0909090",
        "R_X86_64_32, small, 1, 10, 90908000000090",
        "R_X86_64_32S, high, 16, 11, 90901000008190",
        "R_X86_64_8, small, 1, 14, 90908090",
        "R_X86_64_PC64, far, 0, 24, 9090ecdebcfa7856341290"
    })
    void an_address_is_filled_in(String name, String symbol, long addend, int type, String expected) {
        ObjectLoader loader = load(asking(symbol).relocation(1, 4, type, 1, addend));

        assertThat(hex(loader, 2, expected.length() / 2)).as(name).isEqualTo(expected);
    }

    @ParameterizedTest(name = "type {0}: {1}+{2}")
    @CsvSource({
        "2, far, 0, does not fit into 4 bytes at 0xffffffffa0000004",
        "10, high, 0, does not fit into 4 bytes at 0xffffffffa0000004",
        "11, far, 0, does not fit into 4 bytes at 0xffffffffa0000004",
        "11, small, 0x7fffff81, does not fit into 4 bytes at 0xffffffffa0000004",
        "14, small, 0x81, does not fit into 1 bytes at 0xffffffffa0000004",
        "14, small, -128, does not fit into 1 bytes at 0xffffffffa0000004"
    })
    void what_does_not_fit_is_refused(int type, String symbol, String addend, String why) {
        assertRefused(why, asking(symbol).relocation(1, 4, type, 1, Long.decode(addend)));
    }

    private static void assertRefused(String why, TinyObject... objects) {
        assertThatExceptionOfType(BringupException.class)
                .isThrownBy(() -> load(objects))
                .withMessageContaining(why);
    }

    @Test
    void what_is_not_known_is_refused() {
        assertRefused(
                "object1.o: relocation of type 9 is not supported; compile without -fpic, with -mcmodel=kernel",
                asking("high").relocation(1, 4, 9, 1, 0));
        assertRefused(
                "object1.o needs 'nobody', which neither the kernel nor another object has",
                asking("nobody").relocation(1, 4, 1, 1, 0));
        assertRefused(
                "object1.o: needs something of section 7, which takes no memory",
                asking("high").symbol("odd", GLOBAL, 7, 0).relocation(1, 4, 1, 2, 0));
    }

    /** Even if there is room behind it: that is another section's. */
    @Test
    void a_relocation_stays_in_its_section() {
        assertRefused(
                "object1.o: a relocation leaves its section",
                asking("high").code(".text.more", new byte[16]).relocation(1, 13, 11, 1, 0));
        assertThat(hex(load(asking("high").relocation(1, 12, 11, 1, 0)), 12, 4)).isEqualTo("00000081");
    }

    @Test
    void code_data_and_what_cpl_3_may_access_lie_apart() {
        ObjectLoader loader = load(
                new TinyObject()
                        .code(".text", new byte[3])
                        .data(".data", new byte[] {1}, 1)
                        .code(".user", new byte[5])
                        .zeros(".bss", 16, 64),
                new TinyObject().code(".text", new byte[1]).data(".user.data", new byte[] {7}, 16));

        assertThat(loader.segments())
                .extracting(LoadSegment::address)
                .containsExactly(CODE, CODE + 0x1000, ObjectLoader.USER);
        assertThat(loader.segments()).extracting(LoadSegment::memorySize).containsExactly(4L, 80L, 17L);
        assertThat(loader.segments()).extracting(LoadSegment::executable).containsExactly(true, false, true);
        assertThat(loader.segments()).allMatch(LoadSegment::writable);
        assertThat(bytes(loader, 1).get(0)).isEqualTo((byte) 1);
        assertThat(bytes(loader, 2).get(16)).isEqualTo((byte) 7);
        assertThat(loader.userEnd()).isEqualTo(ObjectLoader.USER + 17);
    }

    @Test
    void without_such_sections_there_is_nothing_for_cpl_3() {
        assertThat(load(asking("high")).userEnd()).isEqualTo(ObjectLoader.USER);
    }

    /** Each relocation is that of its own object's symbol. */
    @Test
    void local_names_of_two_objects_do_not_meet() {
        TinyObject first = new TinyObject()
                .code(".text", new byte[8])
                .symbol("x", LOCAL, 1, 1)
                .relocation(1, 0, 1, 1, 0);
        TinyObject second = new TinyObject()
                .code(".text", new byte[8])
                .symbol("x", LOCAL, 1, 2)
                .relocation(1, 0, 1, 1, 0);

        ObjectLoader loader = load(first, second);

        assertThat(bytes(loader, 0).getLong(0)).isEqualTo(CODE + 1);
        assertThat(bytes(loader, 0).getLong(8)).isEqualTo(CODE + 8 + 2);
        assertThat(loader.find("x")).isEmpty();
    }

    @Test
    void an_objects_definition_comes_before_the_kernels() {
        TinyObject defining = new TinyObject().code(".text", new byte[8]).symbol("high", GLOBAL, 1, 4);

        ObjectLoader loader = load(asking("high").relocation(1, 0, 1, 1, 0), defining);

        assertThat(bytes(loader, 0).getLong(0)).isEqualTo(CODE + 16 + 4);
        assertThat(loader.find("high")).hasValue(CODE + 16 + 4);
    }

    @Test
    void a_name_is_defined_once() {
        TinyObject defining = new TinyObject().code(".text", new byte[8]).symbol("x", GLOBAL, 1, 0);

        assertRefused("'x' is defined by both object1.o and object2.o", defining, defining);
    }

    @ParameterizedTest(name = "the weak one first: {0}")
    @CsvSource({"true", "false"})
    void a_weak_definition_gives_way(boolean weakFirst) {
        TinyObject weak = new TinyObject().symbol("x", WEAK, ABSOLUTE, 1);
        TinyObject strong = new TinyObject().symbol("x", GLOBAL, ABSOLUTE, 2);

        assertThat((weakFirst ? load(weak, strong) : load(strong, weak)).find("x"))
                .hasValue(2);
        assertThat(load(weak, weak).find("x")).hasValue(1);
    }

    @Test
    void a_weak_name_nobody_has_is_0() {
        TinyObject object = new TinyObject()
                .code(".text", new byte[16])
                .symbol("nobody", WEAK, UNDEFINED, 0)
                .symbol("small", WEAK, UNDEFINED, 0)
                .relocation(1, 0, 1, 1, 0)
                .relocation(1, 8, 1, 2, 0);

        assertThat(bytes(load(object), 0).getLong(0)).isZero();
        assertThat(bytes(load(object), 0).getLong(8)).isEqualTo(0x7f);
    }

    @Test
    void places_have_their_names_and_numbers_are_no_places() {
        ObjectFile object = ObjectFile.read(
                "a.o",
                asking("high")
                        .symbol("label", LOCAL, 1, 2)
                        .symbol("number", GLOBAL, ABSOLUTE, 5)
                        .bytes());
        ObjectLoader loader = new ObjectLoader(List.of(object), name -> OptionalLong.empty());

        assertThat(loader.symbols(object)).extracting(Symbol::name).containsExactly("label");
        assertThat(loader.symbols(object)).extracting(Symbol::address).containsExactly(CODE + 2);
        assertThat(loader.find("number")).hasValue(5);
    }
}
