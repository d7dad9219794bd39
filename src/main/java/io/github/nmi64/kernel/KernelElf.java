package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The headers of a kernel's ELF file: what is loaded where, and its sections by name. Nothing is copied; whoever reads gets a
 * view of the file.
 */
final class KernelElf extends KernelBytes {
    private static final int MACHINE = 18;
    private static final int X86_64 = 62;
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int SECTION_HEADER = 64;
    private static final int LOAD = 1;
    private static final int NOBITS = 8;

    private final ByteBuffer file;
    private final List<Load> segments = new ArrayList<>();
    private final Map<String, Section> sections = new LinkedHashMap<>();

    /**
     * A PT_LOAD. The per-CPU template is linked at 0 and loaded elsewhere.
     *
     * @param offset in the file
     * @param address linear
     * @param size bytes in the file
     * @param memorySize bytes in memory
     * @param flags what may be done with it
     */
    record Load(long offset, long address, long physical, long size, long memorySize, int flags) {
        boolean holds(long linear) {
            return address != 0 && linear - address >= 0 && linear - address < size;
        }
    }

    /** A section that is in the file. */
    record Section(String name, long address, long offset, long size) {
        boolean holds(long linear) {
            return linear - address >= 0 && linear - address < size;
        }
    }

    KernelElf(String name, byte[] bytes) {
        super(name);
        this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEADER || file.getShort(MACHINE) != X86_64) {
            throw refused("is no kernel for x86-64");
        }
        readSegments(table("program header", file.getLong(32), file.getShort(56), PROGRAM_HEADER));
        readSections(table("section header", file.getLong(40), file.getShort(60), SECTION_HEADER));
    }

    private ByteBuffer table(String what, long offset, short count, int size) {
        return view(what + " table", offset, (count & 0xffffL) * size);
    }

    /** A part of the file. */
    private ByteBuffer view(String what, long offset, long size) {
        if (offset < 0 || size < 0 || offset > file.capacity() || size > file.capacity() - offset) {
            throw refused("its %s, %d bytes at 0x%x, is not in the file".formatted(what, size, offset));
        }
        return file.slice((int) offset, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void readSegments(ByteBuffer headers) {
        for (int at = 0; at < headers.capacity(); at += PROGRAM_HEADER) {
            if (headers.getInt(at) == LOAD) {
                Load segment = new Load(
                        headers.getLong(at + 8),
                        headers.getLong(at + 16),
                        headers.getLong(at + 24),
                        headers.getLong(at + 32),
                        headers.getLong(at + 40),
                        headers.getInt(at + 4));
                view("segment", segment.offset, segment.size);
                segments.add(segment);
            }
        }
    }

    private void readSections(ByteBuffer headers) {
        int namesAt = (file.getShort(62) & 0xffff) * SECTION_HEADER;
        if (namesAt + SECTION_HEADER > headers.capacity()) {
            throw refused("has no section names");
        }
        ByteBuffer names = view("section names", headers.getLong(namesAt + 24), headers.getLong(namesAt + 32));
        for (int at = 0; at < headers.capacity(); at += SECTION_HEADER) {
            int type = headers.getInt(at + 4);
            if (type != 0 && type != NOBITS) {
                Section section = new Section(
                        text(names, headers.getInt(at)),
                        headers.getLong(at + 16),
                        headers.getLong(at + 24),
                        headers.getLong(at + 32));
                view("section '" + section.name + "'", section.offset, section.size);
                sections.putIfAbsent(section.name, section);
            }
        }
    }

    /** The PT_LOADs in the order of the file. */
    List<Load> segments() {
        return List.copyOf(segments);
    }

    /** What the file holds of a segment. */
    ByteBuffer content(Load segment) {
        return view("segment", segment.offset, segment.size);
    }

    Collection<Section> sections() {
        return sections.values();
    }

    Optional<Section> section(String wanted) {
        return Optional.ofNullable(sections.get(wanted));
    }

    /** What is in a section. */
    ByteBuffer content(Section section) {
        return view("section '" + section.name + "'", section.offset, section.size);
    }

    /** True if all of these bytes are in the file. */
    boolean isThere(long linear, long size) {
        return segments.stream()
                .anyMatch(segment -> segment.holds(linear) && linear - segment.address + size <= segment.size);
    }

    /** The bytes at a linear address, fewer if fewer follow it. */
    ByteBuffer upTo(long linear, long most) {
        long there = segments.stream()
                .filter(segment -> segment.holds(linear))
                .mapToLong(segment -> segment.size - (linear - segment.address))
                .findFirst()
                .orElse(0);
        return at(linear, Math.min(there, most));
    }

    /**
     * The bytes at a linear address.
     *
     * @throws KernelFormatException if not all of them are in the file
     */
    ByteBuffer at(long linear, long size) {
        for (Load segment : segments) {
            if (segment.holds(linear) && linear - segment.address + size <= segment.size) {
                return view("segment", segment.offset + (linear - segment.address), size);
            }
        }
        throw refused("0x%x is not in the file".formatted(linear));
    }
}
