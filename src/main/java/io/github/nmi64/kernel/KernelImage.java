package io.github.nmi64.kernel;

import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** A Linux kernel for x86-64 that nobody has booted: its code, names, types and the places booting would patch. */
public final class KernelImage {
    private static final int LONGEST_BANNER = 512;

    private final String name;
    private final KernelElf elf;
    private final int size;
    private final Optional<Payload> payload;
    private final Map<String, KernelSymbol> symbols = new LinkedHashMap<>();
    private final int symbolCount;
    private final boolean offsetsFirst;
    private final Optional<Btf> btf;
    private final List<Alternative> alternatives;
    private final boolean alternativeFlags;
    private final CpuFeatures features;

    private KernelImage(String name, byte[] file) {
        this.name = name;
        BzImage unpacked = BzImage.unpack(name, file);
        this.payload = unpacked.payload();
        this.size = unpacked.elf().length;
        this.elf = new KernelElf(name, unpacked.elf());
        Kallsyms kallsyms = new Kallsyms(elf);
        List<KernelSymbol> all = kallsyms.read();
        all.forEach(symbol -> symbols.putIfAbsent(symbol.name(), symbol));
        this.symbolCount = all.size();
        this.offsetsFirst = kallsyms.isBeforeNames();
        this.btf = elf.section(".BTF").map(section -> new Btf(elf, elf.content(section)));
        Alternatives table = new Alternatives(elf);
        this.alternatives = table.read();
        this.alternativeFlags = table.hasFlags();
        this.features = new CpuFeatures(elf, pointers("x86_cap_flags"), pointers("x86_bug_flags"), alternatives);
    }

    /**
     * Reads a bzImage ({@code vmlinuz}) or an uncompressed {@code vmlinux}.
     *
     * @param name what to call the file in errors
     * @throws KernelFormatException if it is neither, or damaged, or has no kallsyms
     */
    public static KernelImage read(String name, byte[] file) {
        return new KernelImage(name, file);
    }

    /**
     * Reads a file as {@link #read(String, byte[])} does.
     *
     * @throws KernelFormatException also if there is no such file or it cannot be read
     */
    public static KernelImage load(Path file) {
        String name = file.toString();
        if (!Files.isRegularFile(file)) {
            throw new KernelFormatException(name, Files.exists(file) ? "is not a regular file" : "does not exist");
        }
        try {
            long bytes = Files.size(file);
            if (bytes > ElfImage.LARGEST) {
                throw new KernelFormatException(name, "has " + bytes + " bytes; the limit is 256 MiB");
            }
            return read(name, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new KernelFormatException(name, "cannot be read (" + InputFile.reason(e) + ")", e);
        }
    }

    /** What errors call the file. */
    public String name() {
        return name;
    }

    /** How it was packed; empty for a vmlinux. */
    public Optional<Payload> payload() {
        return payload;
    }

    /** Bytes of the ELF file. */
    public int size() {
        return size;
    }

    /** {@code Linux version 6.1.0-...}; empty if the image does not name its banner. */
    public Optional<String> banner() {
        return find("linux_banner").map(symbol -> {
            ByteBuffer bytes = elf.upTo(symbol.address(), LONGEST_BANNER);
            return elf.text(bytes, 0).strip();
        });
    }

    /** All names, each once; of several symbols of one name the first. */
    public Map<String, KernelSymbol> symbols() {
        return Collections.unmodifiableMap(symbols);
    }

    /** The symbol of a name. */
    public Optional<KernelSymbol> find(String symbol) {
        return Optional.ofNullable(symbols.get(symbol));
    }

    /** Address of the first global symbol of code after an address: where the code that begins there ends. */
    public long nextGlobal(long address) {
        return next(address, symbol -> symbol.isCode() && Character.isUpperCase(symbol.type()));
    }

    private long next(long address, Predicate<KernelSymbol> wanted) {
        return symbols.values().stream()
                .filter(wanted)
                .mapToLong(KernelSymbol::address)
                .filter(other -> Long.compareUnsigned(other, address) > 0)
                .reduce(-1, (one, other) -> Long.compareUnsigned(one, other) <= 0 ? one : other);
    }

    /** Entries of kallsyms, of which some have the same name. */
    public int symbolCount() {
        return symbolCount;
    }

    /** True if kallsyms has its offsets before its names, as up to 6.3. */
    public boolean hasOffsetsFirst() {
        return offsetsFirst;
    }

    /** The types, if the kernel was built with them. */
    public Optional<Btf> btf() {
        return btf;
    }

    /** An array that ends where the next symbol begins. */
    private Optional<CpuFeatures.Table> pointers(String array) {
        return find(array)
                .map(start -> new CpuFeatures.Table(
                        start.address(), (next(start.address(), symbol -> true) - start.address()) / Long.BYTES));
    }

    /** What to call a CPU feature or, behind those, a bug: the kernel's own name, or word and bit if it has none. */
    public String featureName(int number) {
        return features.text(number);
    }

    CpuFeatures features() {
        return features;
    }

    KernelElf elf() {
        return elf;
    }

    /** True if alternatives have flags apart from the feature's number, as since 6.3. */
    boolean hasAlternativeFlags() {
        return alternativeFlags;
    }

    /** The places booting would patch, in the order of patching. */
    public List<Alternative> alternatives() {
        return alternatives;
    }

    /** What is loaded, in the order of the file. */
    public List<KernelSegment> segments() {
        return elf.segments().stream()
                .map(load -> new KernelSegment(
                        load.address(),
                        load.memorySize(),
                        load.flags(),
                        elf.content(load).asReadOnlyBuffer()))
                .toList();
    }

    /** Bytes of memory the segments take. */
    public long memorySize() {
        return elf.segments().stream().mapToLong(KernelElf.Load::memorySize).sum();
    }

    /**
     * The bytes at a linear address.
     *
     * @throws KernelFormatException if not all of them are in the file
     */
    public ByteBuffer at(long address, int bytes) {
        return elf.at(address, bytes).asReadOnlyBuffer().order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }
}
