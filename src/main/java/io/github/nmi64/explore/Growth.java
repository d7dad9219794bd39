package io.github.nmi64.explore;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.fixture.StackPlace;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Why a search finds new states for ever: the quadwords that never have a value again which they have left. Found on one path, by
 * looking at every quadword written so far whenever the path comes to the same kind of place.
 */
final class Growth implements TraceSink {
    /** The most places looked at: more than a byte has values. */
    private static final int MOST_SAMPLES = 320;

    private static final int FEWEST_SAMPLES = 16;
    /** A quadword that never repeats has a new value at least at every so many places. */
    private static final int MOST_ALIKE = 5;

    private static final int MOST_STEPS = 1 << 20;
    private static final int MOST_NAMES = 3;

    private final Fixture fixture;
    private final Walker walker;
    private final Set<Long> written = new TreeSet<>();
    private final Map<Long, List<Long>> quadwords = new HashMap<>();
    private final List<List<Long>> registers = new ArrayList<>();
    private int samples;

    private Growth(SearchState search) {
        this.fixture = search.fixture;
        this.walker = new Walker(search, this);
        for (int i = 0; i < Gpr.COUNT; i++) {
            registers.add(new ArrayList<>());
        }
    }

    /** Looks at a path and its ancestors where their events arrive. */
    static Optional<String> betweenEvents(SearchState search, int path) {
        Growth growth = new Growth(search);
        List<EventPath.Link> links = EventPath.of(search.tree, path).links();
        for (int i = 0; i < links.size(); i++) {
            growth.walker.advance(links.get(i).steps());
            if (i >= links.size() - MOST_SAMPLES) {
                growth.look();
            }
            growth.walker.choice(links.get(i).kind()).raise();
        }
        return growth.text();
    }

    /** Looks at a path where, after many steps, it comes to the same instruction again and again. */
    static Optional<String> withinPath(SearchState search, int path, int steps) {
        Growth growth = new Growth(search);
        EventPath.of(search.tree, path).follow(growth.walker);
        growth.walker.advance(steps);
        long place = growth.walker.machine().state().rip;
        boolean goesOn = true;
        for (int step = 0; goesOn && step < MOST_STEPS && growth.samples < MOST_SAMPLES; step++) {
            if (growth.walker.machine().state().rip == place) {
                growth.look();
            }
            goesOn = growth.walker.step();
        }
        return growth.text();
    }

    @Override
    public boolean wantsMemory() {
        return true;
    }

    @Override
    public void memoryWritten(long address, int size, long value) {
        written.add(address & -8);
        written.add(address + size - 1 & -8);
    }

    private void look() {
        samples++;
        for (long quadword : written) {
            walker.machine().peek(quadword).ifPresent(value -> quadwords
                    .computeIfAbsent(quadword, any -> new ArrayList<>())
                    .add(value));
        }
        for (int i = 0; i < Gpr.COUNT; i++) {
            registers.get(i).add(walker.machine().state().gpr[i]);
        }
    }

    private boolean neverRepeats(@Nullable List<Long> values) {
        if (values == null || values.size() < FEWEST_SAMPLES || values.size() < samples - samples / 4) {
            return false;
        }
        Set<Long> seen = new HashSet<>();
        long last = 0;
        for (long value : values) {
            if ((seen.isEmpty() || value != last) && !seen.add(value)) {
                return false;
            }
            last = value;
        }
        return seen.size() >= values.size() / MOST_ALIKE;
    }

    /** What never repeats, and what to declare; empty if nothing was found. */
    private Optional<String> text() {
        List<Long> found = written.stream()
                .filter(quadword -> !isUncounted(quadword) && neverRepeats(quadwords.get(quadword)))
                .toList();
        List<Long> data =
                found.stream().filter(quadword -> !isOnStack(quadword)).toList();
        if (!data.isEmpty()) {
            String first = name(data.get(0));
            return Optional.of(names(data.stream()
                            .map(quadword -> "[" + name(quadword) + "]")
                            .toList())
                    + " never " + (data.size() == 1 ? "repeats" : "repeat")
                    + "; if nothing depends on it, exclude it: directive \"statistics " + first + " " + end(first)
                    + "\"");
        }
        List<String> others = new ArrayList<>();
        for (int i = 0; i < Gpr.COUNT; i++) {
            if (neverRepeats(registers.get(i))) {
                others.add(Gpr.NAMES.get(i));
            }
        }
        found.forEach(quadword -> others.add("[" + StackPlace.stack(fixture, quadword) + "]"));
        return others.isEmpty()
                ? Optional.empty()
                : Optional.of(names(others) + " never " + (others.size() == 1 ? "repeats" : "repeat"));
    }

    private static String names(List<String> names) {
        int more = names.size() - MOST_NAMES;
        return String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMES)))
                + (more > 0 ? " and " + more + " more" : "");
    }

    private String name(long quadword) {
        return fixture.image()
                .symbols()
                .nearest(quadword)
                .map(SymbolTable.Place::text)
                .orElse(Hex.of(quadword));
    }

    /** The place a quadword behind the one named. */
    private static String end(String name) {
        int plus = name.indexOf('+');
        long offset = plus < 0 ? 0 : Long.decode(name.substring(plus + 1));
        return (plus < 0 ? name : name.substring(0, plus)) + "+" + (offset + Long.BYTES);
    }

    private boolean isUncounted(long quadword) {
        return fixture.directives().check().uncounted().stream().anyMatch(region -> region.contains(quadword));
    }

    private boolean isOnStack(long quadword) {
        List<Region> stacks = new ArrayList<>(fixture.directives().check().stacks());
        fixture.directives().landmarks().istStack().ifPresent(stacks::add);
        return stacks.stream().anyMatch(stack -> stack.contains(quadword));
    }
}
