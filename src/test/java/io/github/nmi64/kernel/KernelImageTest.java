package io.github.nmi64.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of a kernel, by one that the test has made: names, types, alternatives; and what is refused, in which words. */
class KernelImageTest {
    private static final int MUTATIONS = 3000;

    private static KernelImage read(byte[] file) {
        return KernelImage.read("vmlinuz", file);
    }

    @ParameterizedTest
    @EnumSource
    void every_payload_is_unpacked(Payload payload) {
        MiniatureKernel kernel = new MiniatureKernel();

        KernelImage image = read(kernel.bzImage(payload));

        assertThat(image.payload()).contains(payload);
        assertThat(image.size()).isEqualTo(kernel.elf().length);
        assertThat(image.banner()).contains(MiniatureKernel.BANNER.strip());
    }

    @ParameterizedTest(name = "offsets before the names: {0}")
    @ValueSource(booleans = {true, false})
    void kallsyms_are_read_in_both_layouts(boolean offsetsFirst) {
        MiniatureKernel kernel = new MiniatureKernel().offsetsFirst(offsetsFirst);

        KernelImage image = read(kernel.elf());

        assertThat(image.payload()).isEmpty();
        assertThat(image.hasOffsetsFirst()).isEqualTo(offsetsFirst);
        assertThat(image.symbolCount()).isEqualTo(kernel.symbols().size());
        assertThat(image.symbols().values())
                .containsExactlyElementsOf(kernel.symbols().entrySet().stream()
                        .map(entry -> new KernelSymbol(entry.getKey(), kernel.type(entry.getKey()), entry.getValue()))
                        .toList());
    }

    @Test
    void a_per_cpu_variable_is_an_offset_and_code_is_code() {
        KernelImage image = read(new MiniatureKernel().elf());

        assertThat(image.find("cpu_tss_rw"))
                .get()
                .matches(KernelSymbol::isAbsolute)
                .matches(symbol -> !symbol.isCode());
        assertThat(image.find("asm_exc_nmi"))
                .get()
                .matches(symbol -> !symbol.isAbsolute())
                .matches(KernelSymbol::isCode);
        assertThat(image.find("no_such_name")).isEmpty();
    }

    /** Address, replacement, then what a form has: by the kernel's struct alt_instr of its time. */
    @ParameterizedTest
    @CsvSource({"12", "13", "14"})
    void alternatives_are_read_in_every_form(int size) {
        MiniatureKernel kernel = new MiniatureKernel();
        for (int i = 0; i < 16; i++) { // more than one, so that no other form fits
            int at = i * size;
            int number = i;
            kernel.alternative(entry -> fill(entry, at, number, size), size);
        }

        assertThat(read(kernel.elf()).alternatives())
                .hasSize(16)
                .element(3)
                .isEqualTo(new Alternative(
                        MiniatureKernel.BASE + 0x3000,
                        9,
                        MiniatureKernel.replacementsAt() + 12,
                        4,
                        0x123,
                        true,
                        false));
    }

    private static void fill(ByteBuffer entry, int at, int number, int size) {
        long table = MiniatureKernel.alternativesAt() + at;
        entry.putInt((int) (MiniatureKernel.BASE + 0x1000L * number - table));
        entry.putInt((int) (MiniatureKernel.replacementsAt() + 4L * number - table - 4));
        if (size == 14) {
            entry.putShort((short) 0x123).putShort((short) 1);
        } else {
            entry.putShort((short) 0x8123);
        }
        entry.put((byte) 9).put((byte) 4);
    }

    /** {@code struct inner { int a; int b; }; typedef struct inner inner_t; struct outer { long x; struct { inner_t in; }; }}. */
    @Test
    void types_tell_sizes_and_offsets() {
        byte[] strings =
                "\0inner\0a\0b\0inner_t\0outer\0x\0in\0int\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        ByteBuffer types = MiniatureKernel.little(400);
        type(types, 32, 1, 0, 4).putInt(0x20); // 1: int
        type(types, 1, 4, 2, 8); // 2: struct inner
        types.putInt(7).putInt(1).putInt(0).putInt(9).putInt(1).putInt(32);
        type(types, 11, 8, 0, 2); // 3: inner_t
        type(types, 0, 4, 1, 8); // 4: an unnamed structure
        types.putInt(27).putInt(3).putInt(0);
        type(types, 19, 4, 2, 16); // 5: struct outer
        types.putInt(25).putInt(1).putInt(0).putInt(0).putInt(4).putInt(64);
        int length = types.position();
        ByteBuffer section = MiniatureKernel.little(24 + length + strings.length);
        section.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(24);
        section.putInt(0).putInt(length).putInt(length).putInt(strings.length);
        section.put(types.array(), 0, length).put(strings);

        Btf btf = read(new MiniatureKernel().btf(section.array()).elf()).btf().orElseThrow();

        assertThat(btf.count()).isEqualTo(5);
        assertThat(btf.size("outer")).hasValue(16);
        assertThat(btf.offset("outer", "x")).hasValue(0);
        assertThat(btf.offset("outer", "in.b")).hasValue(12);
        assertThat(btf.offset("outer", "in.c")).isEmpty();
        assertThat(btf.offset("nobody", "x")).isEmpty();
    }

    private static ByteBuffer type(ByteBuffer into, int name, int kind, int members, int size) {
        return into.putInt(name).putInt(kind << 24 | members).putInt(size);
    }

    private static final int START = 5 * 512 + 0x20;

    static Stream<Arguments> refused() {
        return Stream.of(
                refused("is neither a bzImage nor an ELF file", file -> file.putInt(0x202, 0)),
                refused("has boot protocol 2.07; 2.08 or later is needed", file -> file.putShort(0x206, (short) 0x207)),
                refused("its payload, 4294967295 bytes at 0xa20, is not in the file", file -> file.putInt(0x24c, -1)),
                refused(
                        "would unpack to 4294967295 bytes; the limit is 256 MiB",
                        file -> file.putInt(file.capacity() - 4, -1)),
                refused(
                        "is packed by an unknown compressor; known are gzip, xz, lz4 and zstd (the payload begins with 0)",
                        file -> file.putInt(START, 0)),
                refused(
                        "its gzip payload is damaged (Unsupported compression method)",
                        file -> file.put(START + 2, (byte) 7)));
    }

    private static Arguments refused(String why, Consumer<ByteBuffer> damage) {
        return Arguments.of(why, damage);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void what_is_no_kernel_is_refused_in_one_line(String why, Consumer<ByteBuffer> damage) {
        byte[] file = new MiniatureKernel().bzImage(Payload.GZIP);
        damage.accept(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN));

        assertThatExceptionOfType(KernelFormatException.class)
                .isThrownBy(() -> read(file))
                .withMessage("vmlinuz: " + why);
    }

    @Test
    void an_elf_file_without_kallsyms_is_refused() {
        byte[] file = new MiniatureKernel().elf();
        byte[] digits = {'0', 0, '1', 0, '2', 0};
        for (int at = 0; at + digits.length < file.length; at++) {
            if (Arrays.equals(file, at, at + digits.length, digits, 0, digits.length)) {
                file[at] = 'x';
            }
        }

        assertThatExceptionOfType(KernelFormatException.class)
                .isThrownBy(() -> read(file))
                .withMessageStartingWith("vmlinuz: has no kallsyms");
    }

    @Test
    void files_that_cannot_be_read_are_told(@TempDir Path directory) {
        assertThatExceptionOfType(KernelFormatException.class)
                .isThrownBy(() -> KernelImage.load(directory.resolve("none")))
                .withMessageEndingWith("none: does not exist");
        assertThatExceptionOfType(KernelFormatException.class)
                .isThrownBy(() -> KernelImage.load(directory))
                .withMessageEndingWith(": is not a regular file");
    }

    @Test
    void a_file_is_read(@TempDir Path directory) throws java.io.IOException {
        Path file = Files.write(directory.resolve("vmlinuz"), new MiniatureKernel().bzImage(Payload.XZ));

        assertThat(KernelImage.load(file).find("asm_exc_nmi")).isPresent();
    }

    /** Whatever a file says, it is read or refused; nothing else is thrown and nothing is allocated that is not there. */
    @Test
    void damaged_kernels_are_read_or_refused() {
        SplittableRandom random = new SplittableRandom(4711);
        MiniatureKernel kernel = new MiniatureKernel();
        for (int i = 0; i < 8; i++) {
            int at = i * 14;
            int number = i;
            kernel.alternative(entry -> fill(entry, at, number, 14), 14);
        }
        List<byte[]> files = List.of(
                kernel.elf(),
                kernel.bzImage(Payload.GZIP),
                kernel.bzImage(Payload.XZ),
                kernel.bzImage(Payload.LZ4),
                kernel.bzImage(Payload.ZSTD));
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] file = files.get(i % files.size()).clone();
            int from = i % 2 == 0 ? 0x200 : file.length; // headers as often as all the rest
            for (int change = 1 + random.nextInt(3); change > 0; change--) {
                file[random.nextInt(Math.min(from, file.length))] = (byte) random.nextInt();
            }
            byte[] damaged = random.nextInt(8) == 0 ? Arrays.copyOf(file, random.nextInt(file.length)) : file;
            try {
                read(damaged);
            } catch (KernelFormatException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
                refused++;
            }
        }
        assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS - MUTATIONS / 20);
    }
}
