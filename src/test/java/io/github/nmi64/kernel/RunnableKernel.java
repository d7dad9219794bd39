package io.github.nmi64.kernel;

import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.Symbol;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A {@link BootableKernel} whose NMI entry runs: what {@code miniature.S} was assembled and linked to, under its own names, with
 * the types it tells of.
 */
public final class RunnableKernel {
    /** Where the template of the per-CPU variables is loaded. */
    public static final long PER_CPU_LOAD = MiniatureKernel.BASE + 0xa0_0000;

    private static final String OFFSET = "offsetof.";
    private static final String SIZE = "sizeof.";

    private RunnableKernel() {}

    /** The kernel, to be packed, or to be damaged first. */
    public static MiniatureKernel kernel() {
        ElfImage linked = linked();
        MiniatureKernel kernel = new BootableKernel(true).complete().symbol("__per_cpu_load", 'D', PER_CPU_LOAD);
        for (LoadSegment segment : linked.segments()) {
            ByteBuffer data = segment.data().duplicate();
            byte[] content = new byte[data.remaining()];
            data.get(content);
            int flags = (segment.readable() ? 4 : 0) + (segment.writable() ? 2 : 0) + (segment.executable() ? 1 : 0);
            String name =
                    segment.address() >= 0 ? ".data..percpu" : segment.executable() ? ".entry.text" : ".init.data";
            kernel.section(name, segment.address(), content, flags, segment.memorySize());
        }
        for (Symbol symbol : symbols(linked)) {
            if (!symbol.absolute()) {
                kernel.symbol(symbol.name(), type(linked, symbol), symbol.address());
            }
        }
        return kernel.btf(types().section());
    }

    /** The types {@code miniature.S} tells of. */
    public static BtfTypes types() {
        BtfTypes types = new BtfTypes();
        Map<String, Long> numbers = symbols(linked()).stream()
                .filter(Symbol::absolute)
                .collect(Collectors.toMap(Symbol::name, Symbol::address, (one, other) -> one, TreeMap::new));
        numbers.forEach((name, value) -> {
            if (name.startsWith(OFFSET)) {
                types.member(name.substring(OFFSET.length()), value);
            } else if (name.startsWith(SIZE)) {
                types.size(name.substring(SIZE.length()), value);
            }
        });
        return types;
    }

    private static char type(ElfImage linked, Symbol symbol) {
        boolean isCode = linked.segments().stream()
                .anyMatch(segment -> segment.executable() && segment.contains(symbol.address()));
        char type = symbol.address() >= 0 ? 'a' : isCode ? 't' : 'd';
        return symbol.global() ? Character.toUpperCase(type) : type;
    }

    private static Collection<Symbol> symbols(ElfImage linked) {
        return linked.symbols().names().stream()
                .flatMap(name -> linked.symbols().find(name).stream())
                .toList();
    }

    private static ElfImage linked() {
        try (InputStream image = RunnableKernel.class.getResourceAsStream("miniature.elf")) {
            return ElfImage.read("miniature.elf", image.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
