package io.github.nmi64.image;

import io.github.nmi64.bits.Printable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.fornwall.jelf.ElfFile;
import net.fornwall.jelf.ElfRelocationAddend;
import net.fornwall.jelf.ElfRelocationAddendSection;
import net.fornwall.jelf.ElfSection;
import net.fornwall.jelf.ElfSectionHeader;
import net.fornwall.jelf.ElfSymbol;
import net.fornwall.jelf.ElfSymbolTableSection;

/**
 * What an assembler or a compiler made of one source, not linked yet (ET_REL): sections without a place, symbols, and where
 * addresses are to be filled in. Immutable.
 */
public final class ObjectFile {
    private static final int LONGEST_NAME = 4096;
    private static final int SHN_UNDEF = 0;
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_COMMON = 0xfff2;

    private final String name;
    private final byte[] bytes;
    private final ElfBounds bounds;
    private final ElfFile elf;
    private final byte[] sectionNames;
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

    private ObjectFile(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
        this.bounds = new ElfBounds(name, bytes);
        bounds.checkObject();
        this.elf = ElfFile.from(bytes);
        this.sectionNames = content(elf.getSection(elf.e_shstrndx & 0xffff));
        readSections();
        readSymbols();
        readRelocations();
    }

    /**
     * Reads the bytes of an object file.
     *
     * @param name what to call it in errors
     * @throws ImageFormatException if they are not an ELF64 object for x86-64, or damaged
     */
    public static ObjectFile read(String name, byte[] bytes) {
        try {
            return new ObjectFile(name, bytes);
        } catch (ImageFormatException e) {
            throw e;
        } catch (RuntimeException e) {
            // The library reports damage by whatever its reading ran into.
            throw new ImageFormatException(
                    name, "is damaged (" + Printable.of(String.valueOf(e.getMessage())) + ")", e);
        }
    }

    /** What errors call it. */
    public String name() {
        return name;
    }

    /** The sections that take memory, by their number, in the order of the file. */
    public Map<Integer, ObjectSection> sections() {
        return sections;
    }

    /** All symbols, in the order of the file. */
    public List<ObjectSymbol> symbols() {
        return symbols;
    }

    /** The places to fill in, of sections that take memory only. */
    public List<Relocation> relocations() {
        return relocations;
    }

    /** The text of section {@code .nmi64}; empty if there is none. */
    public String directiveText() {
        return directiveText;
    }

    private void readSections() {
        long total = 0;
        for (int i = 0; i < elf.e_shnum; i++) {
            ElfSectionHeader header = elf.getSection(i).header;
            String section = text(sectionNames, header.sh_name);
            if (section.equals(".nmi64") && header.sh_type == ElfSectionHeader.SHT_PROGBITS) {
                directiveText = new String(content(elf.getSection(i)), StandardCharsets.UTF_8);
            } else if ((header.sh_flags & ElfSectionHeader.FLAG_ALLOC) != 0 && header.sh_size != 0) {
                total += checkedSize(section, header);
                boolean isThere = header.sh_type != ElfSectionHeader.SHT_NOBITS;
                sections.put(
                        i,
                        new ObjectSection(
                                section,
                                (header.sh_flags & ElfSectionHeader.FLAG_EXEC_INSTR) != 0,
                                Math.max(1, header.sh_addralign),
                                ByteBuffer.wrap(isThere ? content(elf.getSection(i)) : new byte[0])
                                        .asReadOnlyBuffer(),
                                header.sh_size));
            }
            if (total > ElfBounds.LARGEST_OBJECT) {
                throw refused("needs more than 16 MiB of memory, which is the limit for an object file");
            }
        }
    }

    private long checkedSize(String section, ElfSectionHeader header) {
        if (header.sh_size < 0 || header.sh_size > ElfBounds.LARGEST_OBJECT) {
            throw refused("its section '" + Printable.of(section) + "' needs more than 16 MiB of memory");
        }
        if (header.sh_addralign < 0
                || header.sh_addralign > ElfBounds.LARGEST_ALIGNMENT
                || Long.bitCount(header.sh_addralign) > 1) {
            throw refused("its section '" + Printable.of(section) + "' has an alignment of "
                    + Long.toUnsignedString(header.sh_addralign));
        }
        return header.sh_size;
    }

    private void readSymbols() {
        for (int i = 0; i < elf.e_shnum; i++) {
            if (bounds.sectionType(i) == ElfSectionHeader.SHT_SYMTAB) {
                var table = (ElfSymbolTableSection) elf.getSection(i);
                byte[] names = content(elf.getSection(table.header.sh_link));
                for (ElfSymbol entry : table.symbols) {
                    symbols.add(symbol(entry, names));
                }
                return; // an object has one symbol table (ELF specification, "Sections")
            }
        }
    }

    private ObjectSymbol symbol(ElfSymbol entry, byte[] names) {
        int section = entry.st_shndx & 0xffff;
        boolean isOfSection = entry.getType() == ElfSymbol.STT_SECTION;
        String symbol = isOfSection ? "" : text(names, entry.st_name);
        if (section == SHN_COMMON) {
            throw refused("has the common symbol '" + Printable.of(symbol) + "'; compile it with -fno-common");
        }
        return new ObjectSymbol(
                symbol,
                section,
                entry.st_value,
                entry.st_size,
                entry.getBinding() != ElfSymbol.BINDING_LOCAL,
                entry.getBinding() == ElfSymbol.BINDING_WEAK,
                entry.getType() == ElfSymbol.STT_FUNC);
    }

    private void readRelocations() {
        for (int i = 0; i < elf.e_shnum; i++) {
            ElfSection section = elf.getSection(i);
            ObjectSection target = sections.get(section.header.sh_info);
            if (section instanceof ElfRelocationAddendSection table && target != null) {
                for (ElfRelocationAddend entry : table.relocations) {
                    relocations.add(relocation(section.header.sh_info, target, entry));
                }
            }
        }
    }

    private Relocation relocation(int section, ObjectSection target, ElfRelocationAddend entry) {
        int symbol = entry.getSymbolIndex();
        if (symbol < 0 || symbol >= symbols.size()) {
            throw refused("has a relocation for symbol " + symbol + " of " + symbols.size());
        }
        if (entry.r_offset < 0 || entry.r_offset >= target.data.capacity()) {
            throw refused("has a relocation outside its section '" + Printable.of(target.name) + "'");
        }
        return new Relocation(section, entry.r_offset, (int) entry.getType(), symbol, entry.r_addend);
    }

    private byte[] content(ElfSection section) {
        int from = (int) section.header.sh_offset;
        return Arrays.copyOfRange(bytes, from, from + (int) section.header.sh_size);
    }

    private String text(byte[] table, int offset) {
        int end = offset;
        while (end >= 0 && end < table.length && table[end] != 0) {
            end++;
        }
        if (end < 0 || end >= table.length || end - offset > LONGEST_NAME) {
            throw refused("has a name that leaves its string table or has more than " + LONGEST_NAME + " bytes");
        }
        return new String(table, offset, end - offset, StandardCharsets.UTF_8);
    }

    private ImageFormatException refused(String problem) {
        return new ImageFormatException(name, problem);
    }
}
