package io.github.nmi64.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a small ELF64 image field by field: header, program headers, the contents of segments and sections, section
 * headers. Everything can be made wrong on purpose.
 */
public final class TinyElf {
    public static final long TEXT = 0xffffffff81000000L;

    static final int LOAD = 1;
    static final int INTERP = 3;
    static final int PROGBITS = 1;
    static final int SYMTAB = 2;
    static final int STRTAB = 3;

    static final int LOCAL = 0;
    static final int GLOBAL = 1;
    static final int NOTYPE = 0;
    static final int FUNC = 2;
    static final int ABS = 0xfff1;

    private static final byte[] NOTHING = {};

    private record SegmentEntry(int flags, long address, byte[] data, long memorySize) {}

    private record SectionEntry(
            String name, int type, long flags, long address, byte[] data, int link, long entrySize) {}

    private final List<SegmentEntry> segments = new ArrayList<>();
    private final List<SectionEntry> sections = new ArrayList<>();
    private final ByteArrayOutputStream symbols = new ByteArrayOutputStream();
    private final ByteArrayOutputStream symbolNames = new ByteArrayOutputStream();
    private long entry = TEXT;

    public TinyElf() {
        symbols.writeBytes(new byte[24]);
        symbolNames.write(0);
    }

    /** One executable segment of sixteen bytes at {@link #TEXT}, which is also the section {@code .text}. */
    public static TinyElf withCode() {
        byte[] code = code(16);
        return new TinyElf().segment(TEXT, 5, code, 16).section(".text", PROGBITS, 6, TEXT, code);
    }

    /** Bytes that tell their place: 0x90 and up. */
    static byte[] code(int size) {
        byte[] code = new byte[size];
        for (int i = 0; i < size; i++) {
            code[i] = (byte) (0x90 + i);
        }
        return code;
    }

    public TinyElf entry(long address) {
        entry = address;
        return this;
    }

    public TinyElf segment(long address, int flags, byte[] data, long memorySize) {
        segments.add(new SegmentEntry(flags, address, data, memorySize));
        return this;
    }

    public TinyElf section(String name, int type, long flags, long address, byte[] data) {
        sections.add(new SectionEntry(name, type, flags, address, data, 0, 0));
        return this;
    }

    public TinyElf directives(String text) {
        return section(".nmi64", PROGBITS, 0, 0, text.getBytes(StandardCharsets.UTF_8));
    }

    public TinyElf symbol(String name, long address) {
        return symbol(name, address, 0, GLOBAL, NOTYPE, 1);
    }

    TinyElf symbol(String name, long address, long size, int binding, int type, int section) {
        symbols.writeBytes(little(24)
                .putInt(symbolNames.size())
                .put((byte) (binding << 4 | type))
                .put((byte) 0)
                .putShort((short) section)
                .putLong(address)
                .putLong(size)
                .array());
        symbolNames.writeBytes((name + "\0").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public byte[] bytes() {
        List<SectionEntry> all = allSections();
        int dataStart = 64 + 56 * segments.size();
        var data = new ByteArrayOutputStream();
        ByteBuffer programHeaders = little(56 * segments.size());
        for (SegmentEntry s : segments) {
            programHeaders.putInt(LOAD).putInt(s.flags).putLong(dataStart + data.size());
            programHeaders
                    .putLong(s.address)
                    .putLong(s.address)
                    .putLong(s.data.length)
                    .putLong(s.memorySize)
                    .putLong(1);
            data.writeBytes(s.data);
        }
        byte[] names = names(all);
        ByteBuffer sectionHeaders = little(64 * (all.size() + 1)).position(64);
        int name = 1;
        for (SectionEntry s : all) {
            byte[] content = s.name.equals(".shstrtab") ? names : s.data;
            sectionHeaders.putInt(name).putInt(s.type).putLong(s.flags).putLong(s.address);
            sectionHeaders.putLong(dataStart + data.size()).putLong(content.length);
            sectionHeaders.putInt(s.link).putInt(0).putLong(1).putLong(s.entrySize);
            data.writeBytes(content);
            name += s.name.length() + 1;
        }
        byte[] header = header(dataStart + data.size(), all.size() + 1);
        return little(dataStart + data.size() + sectionHeaders.capacity())
                .put(header)
                .put(programHeaders.array())
                .put(data.toByteArray())
                .put(sectionHeaders.array())
                .array();
    }

    private List<SectionEntry> allSections() {
        var all = new ArrayList<>(sections);
        int strings = all.size() + 2;
        all.add(new SectionEntry(".symtab", SYMTAB, 0, 0, symbols.toByteArray(), strings, 24));
        all.add(new SectionEntry(".strtab", STRTAB, 0, 0, symbolNames.toByteArray(), 0, 0));
        all.add(new SectionEntry(".shstrtab", STRTAB, 0, 0, NOTHING, 0, 0));
        return all;
    }

    private static byte[] names(List<SectionEntry> sections) {
        var names = new ByteArrayOutputStream();
        names.write(0);
        sections.forEach(s -> names.writeBytes((s.name + "\0").getBytes(StandardCharsets.US_ASCII)));
        return names.toByteArray();
    }

    private byte[] header(long sectionHeaders, int sectionCount) {
        return little(64)
                .put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
                .putShort((short) 2)
                .putShort((short) 62)
                .putInt(1)
                .putLong(entry)
                .putLong(64)
                .putLong(sectionHeaders)
                .putInt(0)
                .putShort((short) 64)
                .putShort((short) 56)
                .putShort((short) segments.size())
                .putShort((short) 64)
                .putShort((short) sectionCount)
                .putShort((short) (sectionCount - 1))
                .array();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
