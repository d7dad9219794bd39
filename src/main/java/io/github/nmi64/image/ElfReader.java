package io.github.nmi64.image;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Printable;
import io.github.nmi64.bits.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.fornwall.jelf.ElfFile;
import net.fornwall.jelf.ElfSection;
import net.fornwall.jelf.ElfSectionHeader;
import net.fornwall.jelf.ElfSegment;
import net.fornwall.jelf.ElfSymbol;
import net.fornwall.jelf.ElfSymbolTableSection;
import org.jspecify.annotations.Nullable;

/**
 * Turns bytes into an {@link ElfImage}. The one class that knows the ELF library; none of the library's exceptions
 * leaves it.
 */
final class ElfReader {
    private static final int LONGEST_NAME = 4096;
    private static final int LARGEST_DIRECTIVES = 1 << 20;
    private static final int SHN_UNDEF = 0;
    private static final int SHN_ABS = 0xfff1;

    private final String name;
    private final byte[] bytes;
    private final ElfBounds bounds;

    ElfReader(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
        this.bounds = new ElfBounds(name, bytes);
    }

    ElfImage image() {
        bounds.check();
        try {
            return imageOf(ElfFile.from(bytes));
        } catch (ImageFormatException e) {
            throw e;
        } catch (RuntimeException e) {
            // The library reports damage by whatever its reading ran into.
            throw new ImageFormatException(
                    name, "is damaged (" + Printable.of(String.valueOf(e.getMessage())) + ")", e);
        }
    }

    private ElfImage imageOf(ElfFile elf) {
        List<LoadSegment> segments = segments(elf);
        if (segments.stream().noneMatch(segment -> segment.contains(elf.e_entry))) {
            throw refused("starts at " + Hex.of(elf.e_entry) + ", which is in no loaded segment");
        }
        Map<String, ElfSection> sections = sections(elf);
        return new ElfImage(
                name,
                elf.e_entry,
                segments,
                new SymbolTable(symbols(elf), segments),
                directives(sections.get(".nmi64")),
                codeRanges(sections, segments),
                new Sha256().add(bytes).text());
    }

    private List<LoadSegment> segments(ElfFile elf) {
        var segments = new ArrayList<LoadSegment>();
        long total = 0;
        for (int i = 0; i < elf.e_phnum; i++) {
            ElfSegment header = elf.getProgramHeader(i);
            if (header.p_type == ElfSegment.PT_INTERP) {
                throw refused("needs a dynamic linker; link it with -static");
            }
            if (header.p_type == ElfSegment.PT_LOAD && header.p_memsz != 0) {
                checkSegment(i, header);
                total += header.p_memsz;
                segments.add(segment(header));
            }
            if (total > ElfImage.LARGEST) {
                throw refused("needs more than 256 MiB of memory in all, which is the limit");
            }
        }
        segments.sort(Comparator.comparing(LoadSegment::address, Long::compareUnsigned));
        LoadSegment.checkDisjoint(name, segments);
        return segments;
    }

    private void checkSegment(int index, ElfSegment header) {
        String segment = "segment " + index + " at " + Hex.of(header.p_vaddr);
        if (Long.compareUnsigned(header.p_filesz, header.p_memsz) > 0) {
            throw refused(segment + " has " + Long.toUnsignedString(header.p_filesz) + " bytes in the file but only "
                    + Long.toUnsignedString(header.p_memsz) + " in memory");
        }
        if (Long.compareUnsigned(header.p_memsz, ElfImage.LARGEST) > 0) {
            throw refused(segment + " needs " + Long.toUnsignedString(header.p_memsz)
                    + " bytes of memory; the limit is 256 MiB in all");
        }
        bounds.checkInside(segment, header.p_offset, header.p_filesz);
        long last = header.p_vaddr + header.p_memsz - 1;
        // Also refuses a segment that leaves one canonical half and one that wraps around.
        if (!canonical(header.p_vaddr) || !canonical(last) || header.p_vaddr >> 47 != last >> 47) {
            throw refused(segment + " ends at " + Hex.of(last) + "; not every address between is canonical");
        }
    }

    private static boolean canonical(long address) {
        return address << 16 >> 16 == address;
    }

    private LoadSegment segment(ElfSegment header) {
        int from = (int) header.p_offset;
        byte[] data = Arrays.copyOfRange(bytes, from, from + (int) header.p_filesz);
        return new LoadSegment(header.p_vaddr, data, header.p_memsz, header.p_flags);
    }

    /** The sections that hold plain bytes, by name; of several with one name the first. */
    private Map<String, ElfSection> sections(ElfFile elf) {
        int namesAt = elf.e_shstrndx & 0xffff;
        if (elf.e_shnum == 0 || namesAt == SHN_UNDEF) {
            return Map.of(); // a program is loaded by its segments; it has no need of sections, or of names for them
        }
        if (bounds.sectionType(namesAt) != ElfSectionHeader.SHT_STRTAB) {
            // A section without contents may have any size: nothing checks it against the file's.
            throw refused("keeps the names of its sections in section " + namesAt + ", which is no string table");
        }
        byte[] names = content(elf.getSection(namesAt));
        var sections = new HashMap<String, ElfSection>();
        for (int i = 0; i < elf.e_shnum; i++) {
            if (bounds.sectionType(i) == ElfSectionHeader.SHT_PROGBITS) {
                ElfSection section = elf.getSection(i);
                sections.putIfAbsent(text(names, section.header.sh_name), section);
            }
        }
        return sections;
    }

    private List<Symbol> symbols(ElfFile elf) {
        var symbols = new ArrayList<Symbol>();
        for (int i = 0; i < elf.e_shnum; i++) {
            if (bounds.sectionType(i) == ElfSectionHeader.SHT_SYMTAB) {
                var table = (ElfSymbolTableSection) elf.getSection(i);
                int names = table.header.sh_link;
                if (names < 0 || names >= elf.e_shnum || bounds.sectionType(names) != ElfSectionHeader.SHT_STRTAB) {
                    throw refused("keeps the names of its symbols in section " + names + ", which is no string table");
                }
                addSymbols(table, content(elf.getSection(names)), symbols);
                // An executable has one symbol table (ELF specification, "Sections").
                return symbols;
            }
        }
        return symbols;
    }

    private void addSymbols(ElfSymbolTableSection table, byte[] names, List<Symbol> symbols) {
        long characters = 0;
        for (ElfSymbol entry : table.symbols) {
            if (nameable(entry)) {
                String symbol = text(names, entry.st_name);
                characters += symbol.length();
                // Many symbols may share the tail of one name, so the file's size does not bound the sum.
                if (characters > ElfImage.LARGEST / 4) {
                    throw refused("has symbol names of more than 64 MiB in all, which is the limit");
                }
                symbols.add(new Symbol(
                        symbol,
                        entry.st_value,
                        entry.st_size,
                        entry.getBinding() != ElfSymbol.BINDING_LOCAL,
                        entry.getType() == ElfSymbol.STT_FUNC,
                        (entry.st_shndx & 0xffff) == SHN_ABS));
            }
        }
    }

    private static boolean nameable(ElfSymbol entry) {
        boolean placed = entry.st_shndx != 0 && entry.st_name != 0;
        return placed
                && switch (entry.getType()) {
                    case ElfSymbol.STT_NOTYPE, ElfSymbol.STT_OBJECT, ElfSymbol.STT_FUNC -> true;
                    default -> false;
                };
    }

    private String directives(@Nullable ElfSection section) {
        if (section == null) {
            return "";
        }
        if (section.header.sh_size > LARGEST_DIRECTIVES) {
            throw refused("has " + section.header.sh_size + " bytes of directives; the limit is 1 MiB");
        }
        return new String(content(section), StandardCharsets.UTF_8);
    }

    private List<CodeRange> codeRanges(Map<String, ElfSection> sections, List<LoadSegment> segments) {
        var ranges = new ArrayList<CodeRange>();
        sections.forEach((section, content) -> {
            ElfSectionHeader header = content.header;
            if ((header.sh_flags & ElfSectionHeader.FLAG_EXEC_INSTR) != 0 && header.sh_size != 0) {
                segments.stream()
                        .filter(segment -> segment.holds(header.sh_addr, header.sh_size))
                        .forEach(s -> ranges.add(new CodeRange(section, header.sh_addr, (int) header.sh_size, s)));
            }
        });
        if (ranges.isEmpty()) {
            segments.stream().filter(LoadSegment::executable).map(CodeRange::of).forEach(ranges::add);
        }
        ranges.sort(
                Comparator.comparing(CodeRange::address, Long::compareUnsigned).thenComparing(CodeRange::name));
        return ranges;
    }

    private byte[] content(ElfSection section) {
        int from = (int) section.header.sh_offset;
        return Arrays.copyOfRange(bytes, from, from + (int) section.header.sh_size);
    }

    /** A string of a string table, without its final zero byte. */
    private String text(byte[] table, int offset) {
        int end = offset;
        while (end >= 0 && end < table.length && table[end] != 0) {
            end++;
        }
        if (end < 0 || end >= table.length) {
            throw refused("has a name that leaves its string table");
        }
        if (end - offset > LONGEST_NAME) {
            throw refused("has a name of " + (end - offset) + " bytes; the limit is " + LONGEST_NAME);
        }
        return new String(table, offset, end - offset, StandardCharsets.UTF_8);
    }

    private ImageFormatException refused(String problem) {
        return new ImageFormatException(name, problem);
    }
}
