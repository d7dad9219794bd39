package io.github.nmi64.bringup;

import io.github.nmi64.bits.Printable;
import io.github.nmi64.bits.Suggestion;
import io.github.nmi64.image.Symbol;
import io.github.nmi64.kernel.Btf;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.KernelSymbol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * What a name means to an object loaded beside a kernel: a symbol of the kernel; {@code cpu0.NAME}, the boot processor's copy of
 * a per-CPU variable; {@code offsetof.STRUCT.MEMBER}, {@code bitof.STRUCT.MEMBER} and {@code sizeof.STRUCT} of the kernel's types;
 * a number given here.
 */
final class KernelNames {
    private static final String COPY = "cpu0.";
    private static final String OFFSET = "offsetof.";
    private static final String BIT = "bitof.";
    private static final String SIZE = "sizeof.";
    /** Per-CPU variables are linked at 0; no kernel has that many of them. */
    private static final long PER_CPU_END = 1 << 24;

    private final KernelImage kernel;
    private final Btf types;
    private final long perCpuLoad;
    private final Map<String, Long> numbers = new HashMap<>();

    KernelNames(KernelImage kernel, Btf types) {
        this.kernel = kernel;
        this.types = types;
        this.perCpuLoad = address("__per_cpu_load");
    }

    /** Gives numbers names. */
    void define(Map<String, Long> values) {
        numbers.putAll(values);
    }

    /** Where the boot processor's per-CPU variables are: its GS base. */
    long perCpuLoad() {
        return perCpuLoad;
    }

    /** The value of a name, empty if it has none. */
    OptionalLong find(String name) {
        Long number = numbers.get(name);
        if (number != null) {
            return OptionalLong.of(number);
        }
        if (name.startsWith(COPY)) {
            return kernel.find(name.substring(COPY.length()))
                    .filter(KernelNames::isPerCpu)
                    .map(symbol -> OptionalLong.of(perCpuLoad + symbol.address()))
                    .orElse(OptionalLong.empty());
        }
        if (name.startsWith(SIZE)) {
            return types.size(name.substring(SIZE.length()));
        }
        if (name.startsWith(OFFSET)) {
            return member(name.substring(OFFSET.length()), types::offset);
        }
        if (name.startsWith(BIT)) {
            return member(name.substring(BIT.length()), types::bitOffset);
        }
        return kernel.find(name)
                .map(symbol -> OptionalLong.of(symbol.address()))
                .orElse(OptionalLong.empty());
    }

    private static OptionalLong member(String path, BiFunction<String, String, OptionalLong> offset) {
        int dot = path.indexOf('.');
        return dot < 0 ? OptionalLong.empty() : offset.apply(path.substring(0, dot), path.substring(dot + 1));
    }

    /**
     * The value of a name.
     *
     * @throws BringupException if the kernel has nothing of that name
     */
    long address(String name) {
        return find(name)
                .orElseThrow(() -> new BringupException("the kernel has no '" + Printable.of(name) + "'"
                        + Suggestion.near(name, kernel.symbols().keySet())));
    }

    private static boolean isPerCpu(KernelSymbol symbol) {
        return symbol.address() >= 0 && symbol.address() < PER_CPU_END;
    }

    /**
     * The kernel's names for a table of symbols: those of per-CPU variables as numbers, and again as {@code cpu0.NAME}.
     *
     * @param shadowed names that mean something else here
     */
    List<Symbol> symbols(Set<String> shadowed) {
        List<Symbol> symbols = new ArrayList<>(kernel.symbols().size() + (1 << 13));
        for (KernelSymbol symbol : kernel.symbols().values()) {
            if (!shadowed.contains(symbol.name())) {
                boolean isPerCpu = isPerCpu(symbol);
                boolean isGlobal = Character.isUpperCase(symbol.type());
                boolean isFunction = symbol.isCode() && !isPerCpu;
                symbols.add(new Symbol(symbol.name(), symbol.address(), 0, isGlobal, isFunction, isPerCpu));
                if (isPerCpu) {
                    symbols.add(
                            new Symbol(COPY + symbol.name(), perCpuLoad + symbol.address(), 0, false, false, false));
                }
            }
        }
        numbers.forEach((name, value) -> symbols.add(new Symbol(name, value, 0, false, false, false)));
        return symbols;
    }
}
