package io.github.nmi64.kernel;

import io.airlift.compress.Compressor;
import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.zstd.ZstdCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZOutputStream;

/** A kernel of some kilobytes with everything a real one has that {@link KernelImage} looks at. */
public final class MiniatureKernel {
    static final long BASE = 0xffff_ffff_8100_0000L;
    static final String BANNER = "Linux version 6.1.0-miniature (nobody@nowhere) #1 SMP\n";

    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int SECTION_HEADER = 64;

    private final Map<String, Long> symbols = new LinkedHashMap<>();
    private final Map<String, Character> types = new LinkedHashMap<>();
    private final ByteArrayOutputStream alternatives = new ByteArrayOutputStream();
    /** What is loaded apart from {@code .rodata}, each section a segment of its own. */
    private final List<Section> loaded = new ArrayList<>();

    private boolean offsetsFirst = true;
    private byte[] btf = {};

    public MiniatureKernel() {
        symbol("linux_banner", 'R', BASE);
        symbol("cpu_tss_rw", 'A', 0x6000);
        for (int i = 0; i < 600; i++) {
            symbol("function_" + i, i % 3 == 0 ? 't' : 'T', BASE + 0x1000 + 16L * i);
        }
        symbol("a_name_that_is_" + "very_".repeat(30) + "long", 'T', BASE + 0x8000);
        symbol("asm_exc_nmi", 'T', BASE + 0x8010);
        symbol("repeat_nmi", 't', BASE + 0x8140);
        symbol("end_repeat_nmi", 't', BASE + 0x8160);
        symbol("entry_SYSCALL32_ignore", 'T', BASE + 0x8200);
    }

    public MiniatureKernel symbol(String name, char type, long address) {
        symbols.put(name, address);
        types.put(name, type);
        return this;
    }

    /** Takes a name away. */
    public MiniatureKernel without(String name) {
        symbols.remove(name);
        types.remove(name);
        return this;
    }

    Map<String, Long> symbols() {
        return symbols;
    }

    char type(String name) {
        return types.get(name);
    }

    /** As up to 6.3, or as from 6.4 on. */
    public MiniatureKernel offsetsFirst(boolean first) {
        offsetsFirst = first;
        return this;
    }

    public MiniatureKernel btf(byte[] section) {
        btf = section.clone();
        return this;
    }

    /** Bytes of an entry of {@code .altinstructions}; the section's address is known to {@link #alternativesAt}. */
    MiniatureKernel alternative(Consumer<ByteBuffer> entry, int size) {
        ByteBuffer bytes = little(size);
        entry.accept(bytes);
        alternatives.writeBytes(bytes.array());
        return this;
    }

    /** A section that is loaded where it is linked. */
    MiniatureKernel section(String name, long address, byte[] content) {
        return section(name, address, content, 5, content.length);
    }

    /** A section that is loaded, with the flags of its segment and its size in memory. */
    MiniatureKernel section(String name, long address, byte[] content, int flags, long memorySize) {
        loaded.add(new Section(name, address, content.clone(), flags, memorySize));
        return this;
    }

    static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    static long alternativesAt() {
        return BASE + 0x10_0000;
    }

    static long replacementsAt() {
        return BASE + 0x20_0000;
    }

    // ---- kallsyms

    /** Every printable character is its own token; two letters that stand together often are one more. */
    private static String[] tokens() {
        String[] tokens = new String[256];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = i >= 0x21 && i < 0x7f ? Character.toString((char) i) : "tok" + (char) ('a' + i % 26);
        }
        tokens[1] = "function_";
        tokens[2] = "Tfunction_";
        return tokens;
    }

    /** The table, with the banner before it; addresses count from {@link #BASE}. */
    public byte[] kallsyms() {
        List<String> names = new ArrayList<>();
        List<Integer> marks = new ArrayList<>();
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        symbols.forEach((name, address) -> {
            if (names.size() % 256 == 0) {
                marks.add(encoded.size());
            }
            String text = types.get(name) + name;
            byte[] code = encode(text);
            if (code.length < 0x80) {
                encoded.write(code.length);
            } else {
                encoded.write(0x80 | code.length & 0x7f);
                encoded.write(code.length >>> 7);
            }
            encoded.writeBytes(code);
            names.add(name);
        });
        ByteArrayOutputStream table = new ByteArrayOutputStream();
        ByteArrayOutputStream offsets = new ByteArrayOutputStream();
        symbols.values().forEach(address -> putInt(offsets, (int) (address >= 0 ? address : BASE - 1 - address)));
        align(offsets, 8);
        putLong(offsets, BASE);
        table.writeBytes(BANNER.getBytes(StandardCharsets.ISO_8859_1));
        table.writeBytes(new byte[1024 - table.size()]);
        if (offsetsFirst) {
            table.writeBytes(offsets.toByteArray());
        }
        putInt(table, names.size());
        putInt(table, 0);
        table.writeBytes(encoded.toByteArray());
        align(table, 8);
        marks.forEach(mark -> putInt(table, mark));
        align(table, 8);
        ByteArrayOutputStream index = new ByteArrayOutputStream();
        int start = table.size();
        for (String token : tokens()) {
            int at = table.size() - start;
            index.write(at);
            index.write(at >>> 8);
            table.writeBytes(token.getBytes(StandardCharsets.ISO_8859_1));
            table.write(0);
        }
        align(table, 8);
        table.writeBytes(index.toByteArray());
        if (!offsetsFirst) {
            table.writeBytes(offsets.toByteArray());
        }
        table.writeBytes(new byte[64]);
        return table.toByteArray();
    }

    private static byte[] encode(String text) {
        if (text.startsWith("Tfunction_")) {
            return bytes((char) 2 + text.substring(10));
        }
        return text.startsWith("tfunction_") ? bytes("t" + (char) 1 + text.substring(10)) : bytes(text);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void align(ByteArrayOutputStream out, int to) {
        while (out.size() % to != 0) {
            out.write(0);
        }
    }

    private static void putInt(ByteArrayOutputStream out, int value) {
        out.writeBytes(little(4).putInt(value).array());
    }

    private static void putLong(ByteArrayOutputStream out, long value) {
        out.writeBytes(little(8).putLong(value).array());
    }

    // ---- ELF

    private record Section(String name, long address, byte[] content, int flags, long memorySize) {
        Section(String name, long address, byte[] content) {
            this(name, address, content, 5, content.length);
        }
    }

    public byte[] elf() {
        List<Section> sections = new ArrayList<>();
        sections.add(new Section("", 0, new byte[0]));
        sections.add(new Section(".rodata", BASE, kallsyms()));
        if (alternatives.size() > 0) {
            sections.add(new Section(".altinstructions", alternativesAt(), alternatives.toByteArray()));
            if (loaded.stream().noneMatch(section -> section.name.equals(".altinstr_replacement"))) {
                sections.add(new Section(".altinstr_replacement", replacementsAt(), new byte[256]));
            }
        }
        sections.addAll(loaded);
        if (btf.length > 0) {
            sections.add(new Section(".BTF", 0, btf));
        }
        StringBuilder names = new StringBuilder();
        List<Integer> nameAt = new ArrayList<>();
        sections.add(new Section(".shstrtab", 0, new byte[0]));
        sections.forEach(section -> {
            nameAt.add(names.length());
            names.append(section.name).append('\0');
        });
        sections.set(sections.size() - 1, new Section(".shstrtab", 0, bytes(names.toString())));
        List<Section> segments = new ArrayList<>(List.of(sections.get(1)));
        segments.addAll(loaded);
        int headers = HEADER + PROGRAM_HEADER * segments.size();
        int size = headers + SECTION_HEADER * sections.size();
        for (Section section : sections) {
            size += section.content.length;
        }
        ByteBuffer file = little(size);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        file.putShort((short) 2).putShort((short) 62).putInt(1).putLong(BASE);
        file.putLong(HEADER).putLong(headers).putInt(0).putShort((short) HEADER);
        file.putShort((short) PROGRAM_HEADER).putShort((short) segments.size()).putShort((short) SECTION_HEADER);
        file.putShort((short) sections.size()).putShort((short) (sections.size() - 1));
        int start = headers + SECTION_HEADER * sections.size();
        for (Section segment : segments) {
            int offset = start;
            for (Section section : sections.subList(0, sections.indexOf(segment))) {
                offset += section.content.length;
            }
            file.putInt(1)
                    .putInt(segment.flags)
                    .putLong(offset)
                    .putLong(segment.address)
                    .putLong(segment.address - BASE + 0x100_0000);
            file.putLong(segment.content.length).putLong(segment.memorySize).putLong(0x1000);
        }
        int at = start;
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            file.putInt(nameAt.get(i))
                    .putInt(i == 0 ? 0 : 1)
                    .putLong(0)
                    .putLong(section.address)
                    .putLong(at);
            file.putLong(section.content.length).putInt(0).putInt(0).putLong(1).putLong(0);
            at += section.content.length;
        }
        sections.forEach(section -> file.put(section.content));
        return file.array();
    }

    // ---- bzImage

    public byte[] bzImage(Payload payload) {
        byte[] elf = elf();
        byte[] packed = pack(payload, elf);
        int start = 5 * 512 + 0x20;
        ByteBuffer file = little(start + packed.length + 4);
        file.put(0x1f1, (byte) 4).putInt(0x202, 0x5372_6448).putShort(0x206, (short) 0x20f);
        file.putInt(0x248, 0x20).putInt(0x24c, packed.length + 4);
        file.position(start);
        file.put(packed).putInt(elf.length);
        return file.array();
    }

    private static byte[] pack(Payload payload, byte[] elf) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            switch (payload) {
                case GZIP -> {
                    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                        gzip.write(elf);
                    }
                }
                case XZ -> {
                    FilterOptions[] filters = {new X86Options(), new LZMA2Options()};
                    try (XZOutputStream xz = new XZOutputStream(out, filters)) {
                        xz.write(elf);
                    }
                }
                case LZ4 -> {
                    putInt(out, 0x184c_2102);
                    int half = elf.length / 2;
                    for (byte[] block : List.of(Arrays.copyOf(elf, half), Arrays.copyOfRange(elf, half, elf.length))) {
                        byte[] packed = compressed(new Lz4Compressor(), block);
                        putInt(out, packed.length);
                        out.writeBytes(packed);
                    }
                }
                case ZSTD -> out.writeBytes(compressed(new ZstdCompressor(), elf));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] compressed(Compressor compressor, byte[] data) {
        byte[] out = new byte[compressor.maxCompressedLength(data.length)];
        int length = compressor.compress(data, 0, data.length, out, 0, out.length);
        return Arrays.copyOf(out, length);
    }
}
