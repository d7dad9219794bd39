package io.github.nmi64.image;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Numeral;
import io.github.nmi64.bits.Printable;
import io.github.nmi64.bits.Suggestion;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The names of an image, both ways: name to address, address to the nearest name before it. Immutable; every choice
 * between names depends on the image alone, never on the order of its symbol table.
 */
public final class SymbolTable {

    /** Names of kernels for where a section begins or ends, which say nothing of what is there. */
    private static final Pattern SECTION_MARK = Pattern.compile(
            "__(start|stop|end|begin)_.*|__.*_(start|stop|end|begin)|_[se]?(text|data|rodata|inittext)|_end");

    /** Which of several names of one address is shown: functions, then globals, then the shortest, then by alphabet; marks last. */
    private static final Comparator<Symbol> MOST_TELLING = Comparator.<Symbol, Boolean>comparing(
                    symbol -> SECTION_MARK.matcher(symbol.name()).matches())
            .thenComparing(Symbol::function, Comparator.reverseOrder())
            .thenComparing(Symbol::global, Comparator.reverseOrder())
            .thenComparing(symbol -> symbol.name().length())
            .thenComparing(Symbol::name);

    /** Which of several symbols of one name is meant: a global one, else the one at the lowest address. */
    private static final Comparator<Symbol> MOST_VISIBLE = Comparator.comparing(
                    Symbol::global, Comparator.reverseOrder())
            .thenComparing(Symbol::address, Long::compareUnsigned)
            .thenComparing(Symbol::absolute)
            .thenComparing(Symbol::size)
            .thenComparing(Symbol::function);

    private static final Pattern STACK_TOP = Pattern.compile("(?i).*stack.*(top|end).*");

    /** No names at all. */
    public static final SymbolTable EMPTY = new SymbolTable(List.of(), List.of());

    private final Map<String, Symbol> byName = new LinkedHashMap<>();
    private final TreeMap<Long, Symbol> byAddress = new TreeMap<>(Long::compareUnsigned);
    /** Per-CPU variables by their offset from the area's begin, if the image is of a kernel that has some. */
    private final TreeMap<Long, Symbol> perCpu = new TreeMap<>(Long::compareUnsigned);

    private final List<LoadSegment> segments;

    public SymbolTable(Collection<Symbol> symbols, List<LoadSegment> segments) {
        this.segments = List.copyOf(segments);
        symbols.stream().sorted(MOST_VISIBLE).forEach(symbol -> byName.putIfAbsent(symbol.name(), symbol));
        symbols.stream()
                .filter(symbol -> !symbol.absolute())
                .sorted(MOST_TELLING)
                .forEach(symbol -> byAddress.putIfAbsent(symbol.address(), symbol));
        collectPerCpu(symbols);
    }

    /** They are numbers, between two marks that are numbers too: so a kernel links the template of its per-CPU area. */
    private void collectPerCpu(Collection<Symbol> symbols) {
        Symbol start = byName.get("__per_cpu_start");
        Symbol end = byName.get("__per_cpu_end");
        if (start == null || end == null || !start.absolute() || !end.absolute()) {
            return;
        }
        symbols.stream()
                .filter(Symbol::absolute)
                .filter(symbol -> Long.compareUnsigned(symbol.address(), start.address()) >= 0
                        && Long.compareUnsigned(symbol.address(), end.address()) < 0)
                .sorted(MOST_TELLING)
                .forEach(symbol -> perCpu.putIfAbsent(symbol.address(), symbol));
        perCpu.put(end.address(), end);
    }

    /** The per-CPU variable at an offset, as in {@code this_cpu_off} or {@code pcpu_hot+0x8}; empty if there is none. */
    public Optional<String> perCpuVariable(long offset) {
        Map.Entry<Long, Symbol> entry = perCpu.floorEntry(offset);
        return entry == null || entry.getKey().equals(perCpu.lastKey())
                ? Optional.empty()
                : Optional.of(new Place(entry.getValue(), offset - entry.getKey()).text());
    }

    /** The symbol of that name. */
    public Optional<Symbol> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** All names, in no useful order. */
    public Collection<String> names() {
        return List.copyOf(byName.keySet());
    }

    /**
     * The nearest symbol at or before an address, in the same segment: beyond the end of a segment a name says nothing.
     * Absolute symbols are numbers, not places, and are never answered.
     */
    public Optional<Place> nearest(long address) {
        Map.Entry<Long, Symbol> entry = byAddress.floorEntry(address);
        if (entry == null) {
            return Optional.empty();
        }
        Symbol symbol = entry.getValue();
        boolean near = symbol.address() == address || inOneSegment(symbol.address(), address);
        return near ? Optional.of(new Place(symbol, address - symbol.address())) : Optional.empty();
    }

    /** The {@link #nearest} symbol, in hexadecimal the address of which there is none. */
    public String text(long address) {
        return nearest(address).map(Place::text).orElseGet(() -> Hex.of(address));
    }

    // A loop, because a trace asks once an instruction.
    private boolean inOneSegment(long first, long second) {
        for (LoadSegment segment : segments) {
            if (segment.contains(first) && segment.contains(second)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A place on a stack by the label of its top, {@code user_stack_top-0x28}: by the next label at or above it, in the same
     * segment, that calls itself the top or the end of a stack. What other labels there are says nothing of the stack.
     */
    public Optional<String> stackTop(long rsp) {
        return byName.values().stream()
                .filter(symbol ->
                        !symbol.absolute() && STACK_TOP.matcher(symbol.name()).matches())
                .filter(symbol -> Long.compareUnsigned(symbol.address(), rsp) >= 0)
                .filter(symbol -> inOneSegment(symbol.address() - 1, rsp - 1))
                .min(Comparator.comparing(Symbol::address, Long::compareUnsigned)
                        .thenComparing(Symbol::name))
                .map(symbol -> symbol.name() + (symbol.address() == rsp ? "" : "-" + Hex.of(symbol.address() - rsp)));
    }

    /**
     * The address of {@code SYMBOL}, {@code SYMBOL+OFF} or {@code 0xADDRESS}.
     *
     * @throws UnknownSymbolException if the name is unknown or the text is none of the three
     */
    public long resolve(String text) {
        if (text.startsWith("0x") && Numeral.unsigned(text).isPresent()) {
            return Numeral.unsigned(text).getAsLong();
        }
        int plus = text.indexOf('+');
        String name = plus < 0 ? text : text.substring(0, plus);
        Symbol symbol = byName.get(name);
        if (symbol == null) {
            throw new UnknownSymbolException(
                    "unknown symbol '" + Printable.of(name) + "'" + Suggestion.near(name, byName.keySet()));
        }
        OptionalLong offset = plus < 0 ? OptionalLong.of(0) : Numeral.natural(text.substring(plus + 1));
        if (offset.isEmpty()) {
            throw new UnknownSymbolException(
                    "'" + Printable.of(text) + "': expected SYMBOL, SYMBOL+OFF or 0xADDRESS, OFF being a number");
        }
        return symbol.address() + offset.getAsLong();
    }

    /** A symbol and the distance from it, in bytes from 0. */
    public record Place(Symbol symbol, long offset) {

        /** {@code do_nmi} or {@code do_nmi+0x10}. */
        public String text() {
            return offset == 0 ? symbol.name() : symbol.name() + "+" + Hex.of(offset);
        }
    }
}
