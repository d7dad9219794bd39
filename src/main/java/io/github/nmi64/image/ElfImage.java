package io.github.nmi64.image;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * A static ELF64 executable for x86-64: what is loaded where, where it starts, its names and the directives inside it.
 * Immutable, and checked as a whole: no segment overlaps another, every byte has a canonical address, the entry is
 * inside a segment.
 */
public final class ElfImage {
    /** The most memory all segments together may take, and the most bytes a file may have. */
    public static final long LARGEST = 256L << 20;

    private final String name;
    private final long entry;
    private final List<LoadSegment> segments;
    private final SymbolTable symbols;
    private final String directiveText;
    private final List<CodeRange> codeRanges;
    private final String sha256;

    ElfImage(
            String name,
            long entry,
            List<LoadSegment> segments,
            SymbolTable symbols,
            String directiveText,
            List<CodeRange> codeRanges,
            String sha256) {
        this.name = name;
        this.entry = entry;
        this.segments = List.copyOf(segments);
        this.symbols = symbols;
        this.directiveText = directiveText;
        this.codeRanges = List.copyOf(codeRanges);
        this.sha256 = sha256;
    }

    /**
     * Reads the bytes of an ELF file.
     *
     * @param name what to call the image in errors
     * @throws ImageFormatException if they are not a static ELF64 x86-64 executable that can be loaded
     */
    public static ElfImage read(String name, byte[] bytes) {
        return new ElfReader(name, bytes).image();
    }

    /**
     * An image put together by the program itself.
     *
     * @param segments in any order
     * @param symbols their names
     * @param sha256 what tells it from others, 64 hexadecimal digits
     * @throws ImageFormatException if it could not be loaded
     */
    public static ElfImage composed(
            String name,
            long entry,
            List<LoadSegment> segments,
            Collection<Symbol> symbols,
            String directiveText,
            String sha256) {
        List<LoadSegment> sorted = segments.stream()
                .sorted(Comparator.comparing(LoadSegment::address, Long::compareUnsigned))
                .toList();
        LoadSegment.checkDisjoint(name, sorted);
        List<CodeRange> code = sorted.stream()
                .filter(LoadSegment::executable)
                .map(CodeRange::of)
                .toList();
        return new ElfImage(name, entry, sorted, new SymbolTable(symbols, sorted), directiveText, code, sha256);
    }

    /**
     * Reads an ELF file.
     *
     * @throws ImageFormatException if there is no such file, it cannot be read, or {@link #read} refuses it
     */
    public static ElfImage load(Path file) {
        String name = file.toString();
        if (!Files.exists(file)) {
            throw new ImageFormatException(name, "there is no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new ImageFormatException(
                    name, Files.isDirectory(file) ? "is a directory, not an ELF file" : "is not a regular file");
        }
        try {
            long size = Files.size(file);
            if (size > LARGEST) {
                throw new ImageFormatException(name, "has " + size + " bytes; the limit is 256 MiB");
            }
            return read(name, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new ImageFormatException(name, "cannot be read (" + InputFile.reason(e) + ")", e);
        }
    }

    /**
     * The image with other bytes at a place.
     *
     * @throws ImageFormatException if not all of them lie in the data of one segment
     */
    public ElfImage patched(long address, byte[] bytes) {
        List<LoadSegment> changed = new ArrayList<>(segments);
        for (int i = 0; i < changed.size(); i++) {
            if (changed.get(i).holds(address, bytes.length)) {
                LoadSegment old = changed.get(i);
                LoadSegment patched = old.patched(address, bytes);
                changed.set(i, patched);
                List<CodeRange> code =
                        codeRanges.stream().map(range -> range.in(patched, old)).toList();
                String print = new Sha256()
                        .add(sha256.getBytes(StandardCharsets.US_ASCII))
                        .add(address)
                        .add(bytes)
                        .text();
                return new ElfImage(name, entry, changed, symbols, directiveText, code, print);
            }
        }
        throw new ImageFormatException(name, "has no " + bytes.length + " bytes at " + Hex.of(address));
    }

    /**
     * A copy of the bytes at a place.
     *
     * @throws ImageFormatException if not all of them lie in the data of one segment
     */
    public byte[] bytes(long address, int size) {
        return segments.stream()
                .filter(segment -> segment.holds(address, size))
                .map(segment -> segment.bytes(address, size))
                .findFirst()
                .orElseThrow(() -> new ImageFormatException(name, "has no " + size + " bytes at " + Hex.of(address)));
    }

    /** What errors call the image: a file name or the name of a bundled fixture. */
    public String name() {
        return name;
    }

    /** The linear address of the first instruction. */
    public long entry() {
        return entry;
    }

    /** The segments to load, in ascending order of address; at least one. */
    public List<LoadSegment> segments() {
        return segments;
    }

    /** The names of the image; empty if it was stripped. */
    public SymbolTable symbols() {
        return symbols;
    }

    /** The text of section {@code .nmi64}; empty if there is none. */
    public String directiveText() {
        return directiveText;
    }

    /** The executable sections in ascending order of address, or the executable segments if there are no sections. */
    public List<CodeRange> codeRanges() {
        return codeRanges;
    }

    /** The SHA-256 of the file, 64 hexadecimal digits: tells whether two results speak of the same image. */
    public String sha256() {
        return sha256;
    }
}
