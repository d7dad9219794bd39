package io.github.nmi64.image;

import io.github.nmi64.bits.Printable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an assembler or a compiler made of one source, not linked yet (ET_REL): sections without a place, symbols, and where
 * addresses are to be filled in. Immutable.
 */
public final class ObjectFile {
    private static final int LONGEST_NAME = 4096;
    private static final int LARGEST_DIRECTIVES = 1 << 20;
    private static final int SHN_UNDEF = 0;
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_COMMON = 0xfff2;
    private static final int ALLOC = 2;
    private static final int EXECUTABLE = 4;
    private static final int LOCAL = 0;
    private static final int WEAK = 2;
    private static final int FUNCTION = 2;
    private static final int SECTION = 3;

    private final String name;
    private final ByteBuffer bytes;
    private final List<ElfBounds.Section> headers;
    /** By their number in the file. */
    private final Map<Integer, ObjectSection> sections = new TreeMap<>();

    private final List<ObjectSymbol> symbols = new ArrayList<>();
    private final List<Relocation> relocations = new ArrayList<>();
    private String directiveText = "";

    /**
     * A section that takes memory.
     *
     * @param name such as {@code .text}
     * @param executable whether it is code
     * @param alignment of its address, a power of two
     * @param data its bytes, read-only
     * @param size in memory; the bytes past {@code data} are zero
     */
    public record ObjectSection(String name, boolean executable, long alignment, ByteBuffer data, long size) {}

    /**
     * A symbol.
     *
     * @param name empty for the symbol of a section
     * @param section number of the section it lies in; {@link #UNDEFINED} or {@link #ABSOLUTE}
     * @param value an offset in its section, or a number
     * @param size in bytes, 0 if nobody said
     * @param isGlobal visible to other objects
     * @param isWeak nobody need define it
     * @param isFunction marked as one
     */
    public record ObjectSymbol(
            String name, int section, long value, long size, boolean isGlobal, boolean isWeak, boolean isFunction) {
        /** The section of what is defined elsewhere. */
        public static final int UNDEFINED = SHN_UNDEF;
        /** The section of what is a number. */
        public static final int ABSOLUTE = SHN_ABS;

        /** True if this object says what it is. */
        public boolean isDefined() {
            return section != UNDEFINED;
        }
    }

    /**
     * A place to fill in.
     *
     * @param section number of the section it lies in
     * @param offset in that section
     * @param type of the x86-64 psABI, table 4.9
     * @param symbol index in {@link #symbols}
     * @param addend to be added to the symbol's value
     */
    public record Relocation(int section, long offset, int type, int symbol, long addend) {}

    /**
     * Reads the bytes of an object file.
     *
     * @param name what to call it in errors
     * @throws ImageFormatException if they are not an ELF64 object for x86-64, or damaged
     */
    public static ObjectFile read(String name, byte[] bytes) {
        return new ObjectFile(name, bytes);
    }

    private ObjectFile(String name, byte[] bytes) {
        this.name = name;
        this.bytes = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
        ElfBounds bounds = new ElfBounds(name, bytes);
        bounds.checkObject();
        this.headers = bounds.sections();
        readSections(content(headers.get(bounds.namesOfSections())));
        readSymbols();
        readRelocations();
    }

    /** What errors call it. */
    public String name() {
        return name;
    }

    /** The sections that take memory, by their number, in the order of the file. */
    public Map<Integer, ObjectSection> sections() {
        return Collections.unmodifiableMap(sections);
    }

    /** All symbols, in the order of the file. */
    public List<ObjectSymbol> symbols() {
        return Collections.unmodifiableList(symbols);
    }

    /** The places to fill in, of sections that take memory only. */
    public List<Relocation> relocations() {
        return Collections.unmodifiableList(relocations);
    }

    /** The text of section {@code .nmi64}; empty if there is none. */
    public String directiveText() {
        return directiveText;
    }

    private void readSections(ByteBuffer names) {
        long total = 0;
        for (int i = 0; i < headers.size(); i++) {
            ElfBounds.Section header = headers.get(i);
            String section = text(names, header.name());
            if (section.equals(".nmi64") && header.type() == ElfBounds.SHT_PROGBITS) {
                directiveText = directives(header);
            } else if (header.type() != ElfBounds.SHT_NULL && (header.flags() & ALLOC) != 0 && header.size() != 0) {
                total += checkedSize(section, header);
                sections.put(
                        i,
                        new ObjectSection(
                                section,
                                (header.flags() & EXECUTABLE) != 0,
                                Math.max(1, header.alignment()),
                                content(header),
                                header.size()));
            }
            if (total > ElfBounds.LARGEST_OBJECT) {
                throw refused("needs more than 16 MiB of memory, which is the limit for an object file");
            }
        }
    }

    private String directives(ElfBounds.Section header) {
        if (header.size() > LARGEST_DIRECTIVES) {
            throw refused("has " + header.size() + " bytes of directives; the limit is 1 MiB");
        }
        return StandardCharsets.UTF_8.decode(content(header)).toString();
    }

    /** What the section takes at most, with what its alignment may leave free before it. */
    private long checkedSize(String section, ElfBounds.Section header) {
        if (header.size() < 0 || header.size() > ElfBounds.LARGEST_OBJECT) {
            throw refused("its section '" + Printable.of(section) + "' needs more than 16 MiB of memory");
        }
        if (header.alignment() < 0
                || header.alignment() > ElfBounds.LARGEST_ALIGNMENT
                || Long.bitCount(header.alignment()) > 1) {
            throw refused("its section '" + Printable.of(section) + "' has an alignment of "
                    + Long.toUnsignedString(header.alignment()));
        }
        return header.size() + Math.max(1, header.alignment()) - 1;
    }

    private void readSymbols() {
        Optional<ElfBounds.Section> table = headers.stream()
                .filter(header -> header.type() == ElfBounds.SHT_SYMTAB)
                .findFirst(); // an object has one symbol table (ELF specification, "Sections")
        if (table.isPresent()) {
            ByteBuffer entries = content(table.get());
            ByteBuffer names = content(headers.get(table.get().link()));
            long characters = 0;
            for (int at = 0; at + ElfBounds.SYMBOL_SIZE <= entries.capacity(); at += ElfBounds.SYMBOL_SIZE) {
                ObjectSymbol symbol = symbol(entries, at, names);
                symbols.add(symbol);
                characters += symbol.name().length();
                // Many symbols may share the tail of one name, so the file's size does not bound the sum.
                if (characters > ElfBounds.LARGEST_OBJECT) {
                    throw refused("has symbol names of more than 16 MiB in all, which is the limit");
                }
            }
        }
    }

    private ObjectSymbol symbol(ByteBuffer entries, int at, ByteBuffer names) {
        int binding = (entries.get(at + 4) & 0xff) >>> 4;
        int type = entries.get(at + 4) & 15;
        int section = entries.getShort(at + 6) & 0xffff;
        String symbol = type == SECTION ? "" : text(names, entries.getInt(at));
        if (section == SHN_COMMON) {
            throw refused("has the common symbol '" + Printable.of(symbol) + "'; compile it with -fno-common");
        }
        return new ObjectSymbol(
                symbol,
                section,
                entries.getLong(at + 8),
                entries.getLong(at + 16),
                binding != LOCAL,
                binding == WEAK,
                type == FUNCTION);
    }

    private void readRelocations() {
        for (ElfBounds.Section header : headers) {
            ObjectSection target = sections.get(header.info());
            if (header.type() == ElfBounds.SHT_RELA && target != null) {
                ByteBuffer entries = content(header);
                for (int at = 0;
                        at + ElfBounds.RELOCATION_SIZE <= entries.capacity();
                        at += ElfBounds.RELOCATION_SIZE) {
                    relocations.add(relocation(header.info(), target, entries, at));
                }
            }
        }
    }

    private Relocation relocation(int section, ObjectSection target, ByteBuffer entries, int at) {
        long offset = entries.getLong(at);
        int symbol = entries.getInt(at + 12);
        if (symbol < 0 || symbol >= symbols.size()) {
            throw refused("has a relocation for symbol " + Integer.toUnsignedString(symbol) + " of " + symbols.size());
        }
        if (offset < 0 || offset >= target.data.capacity()) {
            throw refused("has a relocation outside its section '" + Printable.of(target.name) + "'");
        }
        return new Relocation(section, offset, entries.getInt(at + 8), symbol, entries.getLong(at + 16));
    }

    /** What the file holds of a section. */
    private ByteBuffer content(ElfBounds.Section header) {
        int size = header.type() == ElfBounds.SHT_NOBITS ? 0 : (int) header.size();
        return bytes.slice(size == 0 ? 0 : (int) header.offset(), size)
                .asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private String text(ByteBuffer table, int offset) {
        int end = offset;
        while (end >= 0 && end < table.capacity() && table.get(end) != 0) {
            end++;
        }
        if (end < 0 || end >= table.capacity() || end - offset > LONGEST_NAME) {
            throw refused("has a name that leaves its string table or has more than " + LONGEST_NAME + " bytes");
        }
        byte[] characters = new byte[end - offset];
        table.get(offset, characters);
        return new String(characters, StandardCharsets.UTF_8);
    }

    private ImageFormatException refused(String problem) {
        return new ImageFormatException(name, problem);
    }
}
