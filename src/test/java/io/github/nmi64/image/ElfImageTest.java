package io.github.nmi64.image;

import static io.github.nmi64.image.TinyElf.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ElfImageTest {

    private static final byte[] SMALL = TinyElf.withCode()
            .directives("title Small\n")
            .symbol("_start", TEXT)
            .bytes();

    private static final int SEGMENT = 64;

    @Test
    void an_image_has_entry_segments_symbols_directives_and_code() {
        byte[] bytes = TinyElf.withCode()
                .entry(TEXT + 4)
                .segment(0x40_0000_0000L, 6, new byte[] {1, 2, 3}, 4096)
                .directives("title Small\n")
                .symbol("_start", TEXT + 4)
                .bytes();

        ElfImage image = ElfImage.read("small.elf", bytes);

        assertThat(image.name()).isEqualTo("small.elf");
        assertThat(image.entry()).isEqualTo(TEXT + 4);
        assertThat(image.directiveText()).isEqualTo("title Small\n");
        assertThat(image.symbols().resolve("_start+0x2")).isEqualTo(TEXT + 6);
        assertThat(image.segments()).extracting(LoadSegment::address).containsExactly(0x40_0000_0000L, TEXT);
        LoadSegment data = image.segments().get(0);
        assertThat(data.data()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(data.memorySize()).isEqualTo(4096);
        assertThat(data.readable()).isTrue();
        assertThat(data.writable()).isTrue();
        assertThat(data.executable()).isFalse();
        assertThat(image.codeRanges()).singleElement().satisfies(range -> {
            assertThat(range.name()).isEqualTo(".text");
            assertThat(range.address()).isEqualTo(TEXT);
            assertThat(range.code()).isEqualTo(TinyElf.code(16));
        });
    }

    @Test
    void an_image_without_code_sections_shows_its_executable_segments() {
        byte[] bytes = new TinyElf().segment(TEXT, 5, TinyElf.code(3), 16).bytes();

        assertThat(ElfImage.read("bare.elf", bytes).codeRanges())
                .singleElement()
                .satisfies(range -> {
                    assertThat(range.name()).isEqualTo("segment at 0xffffffff81000000");
                    assertThat(range.code()).isEqualTo(TinyElf.code(3));
                });
    }

    /** As {@code sstrip} leaves it: a program is loaded by its segments. */
    @Test
    void an_image_without_section_headers_loads() {
        byte[] bytes = SMALL.clone();
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int sections = (int) header.getLong(40);
        header.putLong(40, 0).putShort(60, (short) 0).putShort(62, (short) 0);

        for (byte[] file : List.of(bytes, Arrays.copyOf(bytes, sections))) {
            ElfImage image = ElfImage.read("stripped.elf", file);
            assertThat(image.entry()).isEqualTo(TEXT);
            assertThat(image.segments()).extracting(LoadSegment::address).containsExactly(TEXT);
            assertThat(image.directiveText()).isEmpty();
            assertThat(image.symbols().names()).isEmpty();
            assertThat(image.codeRanges()).singleElement().satisfies(range -> assertThat(range.name())
                    .isEqualTo("segment at 0xffffffff81000000"));
        }
    }

    /** A count that does not fit e_shnum is the size of section 0 (ELF specification, "Sections"). */
    @Test
    void a_count_of_sections_elsewhere_is_seen() {
        byte[] bytes = SMALL.clone();
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header.putShort(60, (short) 0);
        assertThat(ElfImage.read("none.elf", bytes).symbols().names()).isEmpty();

        header.putLong((int) header.getLong(40) + 32, 70_000);
        assertRefused(bytes, "has 70000 section headers; the limit is 8192");
    }

    /** Section 0 as e_shstrndx: the sections are there, but have no names. */
    @Test
    void an_image_whose_sections_have_no_names_loads() {
        byte[] bytes = SMALL.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(62, (short) 0);

        ElfImage image = ElfImage.read("nameless.elf", bytes);

        assertThat(image.directiveText()).isEmpty();
        assertThat(image.symbols().resolve("_start")).isEqualTo(TEXT);
    }

    @Test
    void an_image_without_directives_has_empty_directive_text() {
        assertThat(ElfImage.read("plain.elf", TinyElf.withCode().bytes()).directiveText())
                .isEmpty();
    }

    @Test
    void bytes_handed_out_are_read_only_or_copies() {
        ElfImage image = ElfImage.read("small.elf", SMALL);

        image.codeRanges().get(0).code()[0] = 0;

        assertThat(image.segments().get(0).data()).isEqualTo(ByteBuffer.wrap(TinyElf.code(16)));
        assertThat(image.segments().get(0).data().isReadOnly()).isTrue();
        assertThat(image.codeRanges().get(0).code()).isEqualTo(TinyElf.code(16));
    }

    /** Offset and size of a field, the wrong value, and what is said about it. */
    static Stream<Arguments> wrongFields() {
        String atText = "segment 0 at 0xffffffff81000000";
        String all = "; not every address between is canonical";
        int end = SMALL.length;
        return Stream.of(
                arguments(4, 1, 1, "is a 32-bit ELF; assemble for x86-64 (as --64)"),
                arguments(4, 1, 7, "has the unknown ELF class 7"),
                arguments(5, 1, 2, "is a big-endian ELF; x86-64 is little-endian"),
                arguments(5, 1, 9, "has the unknown ELF data encoding 9"),
                arguments(6, 1, 0, "is of an unknown ELF version"),
                arguments(16, 2, 1, "is an object file (ET_REL); link it first"),
                arguments(
                        16, 2, 3, "is position independent or a shared library (ET_DYN); link it with -static -no-pie"),
                arguments(16, 2, 4, "is a core dump (ET_CORE)"),
                arguments(16, 2, 77, "has the unknown ELF type 77"),
                arguments(18, 2, 183, "is for machine 183, not for x86-64 (62)"),
                arguments(24, 8, 0, "starts at 0x0, which is in no loaded segment"),
                arguments(32, 8, 9000, truncated("the program header table", 56, "9000")),
                arguments(32, 8, -1, truncated("the program header table", 56, "18446744073709551615")),
                arguments(54, 2, 32, "has program headers of 32 bytes instead of 56"),
                arguments(56, 2, 0xffff, "has 65535 program headers; the limit is 1024"),
                arguments(58, 2, 40, "has section headers of 40 bytes instead of 64"),
                arguments(60, 2, 0xffff, "has 65535 section headers; the limit is 8192"),
                arguments(62, 2, 99, "names its sections through section 99 of only 6"),
                arguments(62, 2, 1, "keeps the names of its sections in section 1, which is no string table"),
                arguments(SEGMENT, 4, 3, "needs a dynamic linker; link it with -static"),
                arguments(SEGMENT + 8, 8, end - 1, truncated(atText, 16, "" + (end - 1))),
                arguments(SEGMENT + 16, 8, 0x7ffffffffff8L, "segment 0 at 0x7ffffffffff8 ends at 0x800000000007" + all),
                arguments(
                        SEGMENT + 16,
                        8,
                        Long.MIN_VALUE,
                        "segment 0 at 0x8000000000000000 ends at 0x800000000000000f" + all),
                arguments(SEGMENT + 16, 8, -8, "segment 0 at 0xfffffffffffffff8 ends at 0x7" + all),
                arguments(SEGMENT + 32, 8, 17, atText + " has 17 bytes in the file but only 16 in memory"),
                arguments(
                        SEGMENT + 32,
                        8,
                        -1,
                        atText + " has 18446744073709551615 bytes in the file but only 16 in memory"),
                arguments(
                        SEGMENT + 40,
                        8,
                        (256L << 20) + 1,
                        atText + " needs 268435457 bytes of memory; the limit is 256 MiB in all"),
                arguments(
                        SEGMENT + 40,
                        8,
                        -1,
                        atText + " needs 18446744073709551615 bytes of memory; the limit is 256 MiB in all"));
    }

    private static String truncated(String part, int size, String offset) {
        return "is truncated: " + part + " needs " + size + " bytes from offset " + offset + ", the file has "
                + SMALL.length;
    }

    @ParameterizedTest
    @MethodSource("wrongFields")
    void a_wrong_field_is_refused_with_its_reason(int offset, int size, long value, String reason) {
        byte[] field = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        byte[] damaged = SMALL.clone();
        System.arraycopy(field, 0, damaged, offset, size);

        assertRefused(damaged, reason);
    }

    @Test
    void other_files_are_refused() {
        assertRefused(new byte[0], "is empty");
        assertRefused("#!/bin/sh".getBytes(StandardCharsets.US_ASCII), "is not an ELF file");
        assertRefused(new byte[] {0x7f, 'E'}, "is not an ELF file");
        assertRefused(Arrays.copyOf(SMALL, 63), "is truncated: an ELF64 header has 64 bytes, the file 63");
    }

    @Test
    void overlapping_segments_are_both_named() {
        byte[] bytes = TinyElf.withCode().segment(TEXT - 8, 6, new byte[0], 9).bytes();

        assertRefused(
                bytes,
                "the segments 0xffffffff80fffff8 to 0xffffffff81000000 and 0xffffffff81000000 to 0xffffffff8100000f"
                        + " overlap");
    }

    @Test
    void adjacent_and_empty_segments_do_not_overlap() {
        byte[] bytes = TinyElf.withCode()
                .segment(TEXT - 8, 6, new byte[0], 8)
                .segment(TEXT, 6, new byte[0], 0)
                .bytes();

        assertThat(ElfImage.read("adjacent.elf", bytes).segments()).hasSize(2);
    }

    @Test
    void the_last_byte_of_the_address_space_can_be_loaded() {
        byte[] bytes = TinyElf.withCode().segment(-4096, 6, new byte[0], 4096).bytes();

        assertThat(ElfImage.read("top.elf", bytes).segments().get(1).contains(-1))
                .isTrue();
    }

    @Test
    void segments_that_only_together_are_too_large_are_refused() {
        byte[] bytes = TinyElf.withCode()
                .segment(0x1000_0000, 6, new byte[0], 128L << 20)
                .segment(0x3000_0000, 6, new byte[0], 128L << 20)
                .bytes();

        assertRefused(bytes, "needs more than 256 MiB of memory in all, which is the limit");
    }

    @Test
    void directives_and_names_have_limits() {
        assertRefused(
                TinyElf.withCode().directives("#".repeat((1 << 20) + 1)).bytes(),
                "has 1048577 bytes of directives; the limit is 1 MiB");
        assertRefused(
                TinyElf.withCode().symbol("x".repeat(4097), TEXT).bytes(),
                "has a name of 4097 bytes; the limit is 4096");
    }

    @Test
    void code_sections_that_share_their_bytes_take_no_memory_each() {
        byte[] code = new byte[1 << 20];
        int count = 8000;
        TinyElf elf = new TinyElf().segment(TEXT, 5, code, code.length);
        for (int i = 0; i < count; i++) {
            elf.section(".text" + i, TinyElf.PROGBITS, 6, TEXT, new byte[0]);
        }
        byte[] bytes = elf.bytes();
        enlargeSections(bytes, count, code.length);

        // Copies would need 8 GiB.
        assertThat(ElfImage.read("shared.elf", bytes).codeRanges()).hasSize(count);
    }

    /** Lets sections 1 to count describe the first megabyte after the headers. */
    private static void enlargeSections(byte[] bytes, int count, long size) {
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) fields.getLong(40);
        for (int i = 1; i <= count; i++) {
            fields.putLong(headers + 64 * i + 24, SEGMENT + 56).putLong(headers + 64 * i + 32, size);
        }
    }

    @Test
    void every_truncation_is_refused() {
        // The section headers come last, so no shorter file is complete.
        for (int size = 0; size < SMALL.length; size++) {
            byte[] truncated = Arrays.copyOf(SMALL, size);
            assertThatExceptionOfType(ImageFormatException.class)
                    .as("%d bytes", size)
                    .isThrownBy(() -> ElfImage.read("truncated.elf", truncated))
                    .satisfies(e -> assertThat(e.getMessage())
                            .startsWith("truncated.elf: ")
                            .hasLineCount(1));
        }
    }

    @Test
    void every_flipped_byte_is_refused_or_loads() {
        int loaded = 0;
        for (int at = 0; at < SMALL.length; at++) {
            for (int mask : new int[] {0x01, 0x02, 0x10, 0x80, 0xff}) {
                byte[] flipped = SMALL.clone();
                flipped[at] ^= (byte) mask;
                try {
                    ElfImage.read("flipped.elf", flipped);
                    loaded++;
                } catch (ImageFormatException e) {
                    assertThat(e.getMessage()).startsWith("flipped.elf: ").hasLineCount(1);
                }
            }
        }
        // Contents, padding and ignored fields may be anything; headers may not.
        assertThat(loaded).isBetween(SMALL.length, 4 * SMALL.length);
    }

    @Test
    void files_are_loaded_from_disk(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("small.elf"), SMALL);

        assertThat(ElfImage.load(file).entry()).isEqualTo(TEXT);
        assertThat(ElfImage.load(file).name()).isEqualTo(file.toString());
    }

    @Test
    void what_is_no_file_is_refused(@TempDir Path directory) throws IOException {
        Path huge = directory.resolve("huge.elf");
        try (var file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(ElfImage.LARGEST + 1);
        }

        assertLoadRefused(directory.resolve("missing.elf"), "there is no such file");
        assertLoadRefused(directory, "is a directory, not an ELF file");
        assertLoadRefused(huge, "has 268435457 bytes; the limit is 256 MiB");
    }

    private static void assertLoadRefused(Path file, String reason) {
        assertThatExceptionOfType(ImageFormatException.class)
                .isThrownBy(() -> ElfImage.load(file))
                .withMessage(file + ": " + reason);
    }

    private static void assertRefused(byte[] bytes, String reason) {
        assertThatExceptionOfType(ImageFormatException.class)
                .isThrownBy(() -> ElfImage.read("bad.elf", bytes))
                .withMessage("bad.elf: " + reason);
    }
}
