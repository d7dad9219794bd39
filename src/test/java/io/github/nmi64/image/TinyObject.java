package io.github.nmi64.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a small ELF64 object field by field. Sections are numbered from 1 in the order they are added, symbols too; whatever is
 * said of them can be wrong.
 */
public final class TinyObject {
    /** Section type. */
    public static final int PROGBITS = 1;

    public static final int NOBITS = 8;
    public static final int UNDEFINED = 0;
    public static final int ABSOLUTE = 0xfff1;
    public static final int COMMON = 0xfff2;
    public static final int LOCAL = 0;
    public static final int GLOBAL = 1;
    public static final int WEAK = 2;

    private static final int SYMTAB = 2;
    private static final int STRTAB = 3;
    private static final int RELA = 4;
    private static final int ALLOC = 2;
    private static final int EXECUTABLE = 4;

    private record Entry(
            String name, int type, long flags, byte[] data, long size, int link, int info, long alignment, long each) {}

    private final List<Entry> sections = new ArrayList<>();
    private final List<Entry> relocations = new ArrayList<>();
    private final ByteArrayOutputStream symbols = new ByteArrayOutputStream();
    private final ByteArrayOutputStream names = new ByteArrayOutputStream();

    public TinyObject() {
        symbols.writeBytes(new byte[24]);
        names.write(0);
    }

    /** A section of code that is loaded. */
    public TinyObject code(String name, byte[] data) {
        return section(name, PROGBITS, ALLOC | EXECUTABLE, data, data.length, 1);
    }

    /** A section of data that is loaded. */
    public TinyObject data(String name, byte[] data, long alignment) {
        return section(name, PROGBITS, ALLOC, data, data.length, alignment);
    }

    /** A section of zeros that is loaded. */
    public TinyObject zeros(String name, long size, long alignment) {
        return section(name, NOBITS, ALLOC, new byte[0], size, alignment);
    }

    public TinyObject section(String name, int type, long flags, byte[] data, long size, long alignment) {
        sections.add(new Entry(name, type, flags, data, size, 0, 0, alignment, 0));
        return this;
    }

    public TinyObject symbol(String name, int binding, int section, long value) {
        symbols.writeBytes(little(24)
                .putInt(names.size())
                .put((byte) (binding << 4))
                .put((byte) 0)
                .putShort((short) section)
                .putLong(value)
                .putLong(0)
                .array());
        names.writeBytes((name + "\0").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public TinyObject relocation(int section, long offset, int type, int symbol, long addend) {
        byte[] entry = little(24)
                .putLong(offset)
                .putInt(type)
                .putInt(symbol)
                .putLong(addend)
                .array();
        relocations.add(new Entry(".rela", RELA, 0, entry, 24, -1, section, 8, 24));
        return this;
    }

    public byte[] bytes() {
        List<Entry> all = new ArrayList<>(sections);
        all.addAll(relocations);
        int table = 1 + all.size();
        all.add(new Entry(".symtab", SYMTAB, 0, symbols.toByteArray(), symbols.size(), table + 1, 1, 8, 24));
        all.add(new Entry(".strtab", STRTAB, 0, names.toByteArray(), names.size(), 0, 0, 1, 0));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.write(0);
        all.forEach(entry -> text.writeBytes((entry.name + "\0").getBytes(StandardCharsets.UTF_8)));
        text.writeBytes(".shstrtab\0".getBytes(StandardCharsets.UTF_8));
        all.add(new Entry(".shstrtab", STRTAB, 0, text.toByteArray(), text.size(), 0, 0, 1, 0));
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteBuffer headers = little(64 * (1 + all.size())).position(64);
        int name = 1;
        for (Entry entry : all) {
            headers.putInt(name).putInt(entry.type).putLong(entry.flags).putLong(0);
            headers.putLong(64 + data.size()).putLong(entry.size);
            headers.putInt(entry.link < 0 ? table : entry.link).putInt(entry.info);
            headers.putLong(entry.alignment).putLong(entry.each);
            data.writeBytes(entry.data);
            name += entry.name.getBytes(StandardCharsets.UTF_8).length + 1;
        }
        return little(64 + data.size() + headers.capacity())
                .put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
                .putShort((short) 1)
                .putShort((short) 62)
                .putInt(1)
                .putLong(0)
                .putLong(0)
                .putLong(64 + data.size())
                .putInt(0)
                .putShort((short) 64)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 64)
                .putShort((short) (1 + all.size()))
                .putShort((short) all.size())
                .put(data.toByteArray())
                .put(headers.array())
                .array();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
