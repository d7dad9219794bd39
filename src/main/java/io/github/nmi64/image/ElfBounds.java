package io.github.nmi64.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Checks, before the ELF library sees them, that the headers are those of a static x86-64 executable and that every
 * table they describe lies inside the file. The library allocates what headers ask for; this class is why a file cannot
 * ask for more than it holds.
 */
final class ElfBounds {
    static final int HEADER_SIZE = 64;
    static final int SEGMENT_ENTRY_SIZE = 56;
    static final int SECTION_ENTRY_SIZE = 64;
    static final int SYMBOL_SIZE = 24;
    static final int RELOCATION_SIZE = 24;

    static final int MOST_SEGMENTS = 1024;
    static final int MOST_SECTIONS = 8192;
    static final int MOST_SYMBOLS = 1 << 20;
    static final long LARGEST_OBJECT = 16L << 20;
    static final long LARGEST_ALIGNMENT = 1L << 16;

    static final int SHT_NULL = 0;
    static final int SHT_PROGBITS = 1;
    static final int SHT_SYMTAB = 2;
    static final int SHT_STRTAB = 3;
    static final int SHT_RELA = 4;
    static final int SHT_NOBITS = 8;
    private static final int OBJECT = 1;
    private static final int EXECUTABLE = 2;
    private static final int X86_64 = 62;
    private static final Map<Integer, String> REFUSED_TYPES = Map.of(
            OBJECT,
            "is an object file (ET_REL); link it first",
            EXECUTABLE,
            "is linked (ET_EXEC); give the object file it was made from",
            3,
            "is position independent or a shared library (ET_DYN); link it with -static -no-pie",
            4,
            "is a core dump (ET_CORE)");

    private final String name;
    private final ByteBuffer bytes;

    /** An entry of the section header table; what it says is in the file, once it was checked. */
    record Section(int name, int type, long flags, long offset, long size, int link, int info, long alignment) {}

    ElfBounds(String name, byte[] bytes) {
        this.name = name;
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The type of a section. Reading a section of a type we do not use through the library may cost unbounded memory. */
    int sectionType(int index) {
        return bytes.getInt(sectionEntry(index) + 4);
    }

    /** The section header table. */
    List<Section> sections() {
        return IntStream.range(0, half(60))
                .map(this::sectionEntry)
                .mapToObj(at -> new Section(
                        bytes.getInt(at),
                        bytes.getInt(at + 4),
                        bytes.getLong(at + 8),
                        bytes.getLong(at + 24),
                        bytes.getLong(at + 32),
                        bytes.getInt(at + 40),
                        bytes.getInt(at + 44),
                        bytes.getLong(at + 48)))
                .toList();
    }

    /** The index of the section with the names of the others. */
    int namesOfSections() {
        return half(62);
    }

    private int sectionEntry(int index) {
        return (int) bytes.getLong(40) + index * SECTION_ENTRY_SIZE;
    }

    /** Checks that it is an object file, too. */
    void checkObject() {
        check(OBJECT);
        long relocations = 0;
        for (int i = 0; i < half(60); i++) {
            int type = sectionType(i);
            int link = bytes.getInt(sectionEntry(i) + 40);
            boolean isLinked = type == SHT_SYMTAB || type == SHT_RELA;
            int wanted = type == SHT_SYMTAB ? SHT_STRTAB : SHT_SYMTAB;
            if (isLinked && (link < 0 || link >= half(60) || sectionType(link) != wanted)) {
                throw refused("has a section " + i + " that belongs to section " + link + ", which is not of its kind");
            }
            if (type == SHT_RELA && bytes.getLong(sectionEntry(i) + 56) != RELOCATION_SIZE) {
                throw refused("has relocations of another size than 24 bytes");
            }
            relocations += type == SHT_RELA ? bytes.getLong(sectionEntry(i) + 32) / RELOCATION_SIZE : 0;
            if (relocations > MOST_SYMBOLS) {
                throw refused("has more than " + MOST_SYMBOLS + " relocations, which is the limit");
            }
        }
        if (half(60) == 0 || sectionType(half(62)) != SHT_STRTAB) {
            throw refused("has no names of its sections");
        }
    }

    /** Checks that it is a static executable, too. */
    void check() {
        check(EXECUTABLE);
    }

    private void check(int kind) {
        checkIdentification();
        checkKind(kind);
        checkTable("program header", bytes.getLong(32), half(54), half(56), SEGMENT_ENTRY_SIZE, MOST_SEGMENTS);
        checkTable("section header", bytes.getLong(40), half(58), half(60), SECTION_ENTRY_SIZE, MOST_SECTIONS);
        int sections = half(60);
        if (sections == 0) {
            checkNoSections();
            return;
        }
        if (half(62) >= sections) {
            throw refused("names its sections through section " + half(62) + " of only " + sections);
        }
        for (int i = 0; i < sections; i++) {
            checkSection(i);
        }
    }

    /** A table in spite of that means more sections than the field can count, whose number is in the first of them. */
    private void checkNoSections() {
        long offset = bytes.getLong(40);
        if (offset != 0) {
            checkInside("the section header table", offset, SECTION_ENTRY_SIZE);
            long count = bytes.getLong((int) offset + 32);
            if (count != 0) {
                throw refused(
                        "has " + Long.toUnsignedString(count) + " section headers; the limit is " + MOST_SECTIONS);
            }
        }
    }

    private void checkIdentification() {
        if (bytes.capacity() == 0) {
            throw refused("is empty");
        }
        if (bytes.capacity() < 4 || bytes.getInt(0) != 0x464c457f) {
            throw refused("is not an ELF file");
        }
        if (bytes.capacity() < HEADER_SIZE) {
            throw refused("is truncated: an ELF64 header has 64 bytes, the file " + bytes.capacity());
        }
        switch (bytes.get(4)) {
            case 1 -> throw refused("is a 32-bit ELF; assemble for x86-64 (as --64)");
            case 2 -> {}
            default -> throw refused("has the unknown ELF class " + (bytes.get(4) & 0xff));
        }
        switch (bytes.get(5)) {
            case 1 -> {}
            case 2 -> throw refused("is a big-endian ELF; x86-64 is little-endian");
            default -> throw refused("has the unknown ELF data encoding " + (bytes.get(5) & 0xff));
        }
        if (bytes.get(6) != 1 || bytes.getInt(20) != 1) {
            throw refused("is of an unknown ELF version");
        }
    }

    private void checkKind(int wanted) {
        int type = half(16);
        if (type != wanted) {
            throw refused(REFUSED_TYPES.getOrDefault(type, "has the unknown ELF type " + type));
        }
        if (half(18) != X86_64) {
            throw refused("is for machine " + half(18) + ", not for x86-64 (" + X86_64 + ")");
        }
    }

    private void checkTable(String table, long offset, int entrySize, int count, int expectedSize, int most) {
        if (count == 0) {
            return;
        }
        if (count > most) {
            throw refused("has " + count + " " + table + "s; the limit is " + most);
        }
        if (entrySize != expectedSize) {
            throw refused("has " + table + "s of " + entrySize + " bytes instead of " + expectedSize);
        }
        checkInside("the " + table + " table", offset, (long) count * entrySize);
    }

    private void checkSection(int index) {
        int type = sectionType(index);
        if (type == SHT_NULL || type == SHT_NOBITS) {
            return;
        }
        int entry = sectionEntry(index);
        long size = bytes.getLong(entry + 32);
        checkInside("section " + index, bytes.getLong(entry + 24), size);
        if (type == SHT_SYMTAB) {
            long entrySize = bytes.getLong(entry + 56);
            if (entrySize != SYMBOL_SIZE) {
                throw refused("has symbols of " + Long.toUnsignedString(entrySize) + " bytes instead of 24");
            }
            if (size / SYMBOL_SIZE > MOST_SYMBOLS) {
                throw refused("has " + size / SYMBOL_SIZE + " symbols; the limit is " + MOST_SYMBOLS);
            }
        }
    }

    /** Refuses the file unless that many bytes from an offset are in it. */
    void checkInside(String part, long offset, long size) {
        long length = bytes.capacity();
        // Two comparisons, because offset + size may wrap.
        if (offset < 0 || offset > length || size < 0 || size > length - offset) {
            throw refused("is truncated: " + part + " needs " + Long.toUnsignedString(size) + " bytes from offset "
                    + Long.toUnsignedString(offset) + ", the file has " + length);
        }
    }

    private int half(int offset) {
        return bytes.getShort(offset) & 0xffff;
    }

    private ImageFormatException refused(String problem) {
        return new ImageFormatException(name, problem);
    }
}
