package io.github.nmi64.explore;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.fixture.StackPlace;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * A sample of the states a search has visited, from paths picked all over its tree, and what keeps those apart that agree in
 * everything but memory. States are not stored, so each path is run again, and the two of a pair once more. The sample of a
 * search with one thread is always the same.
 */
final class StateSample {
    /** Steps made to find pairs: some seconds. */
    private static final long MOST_STEPS = 1 << 20;

    private static final int MOST_PAIRS = 400;
    /** Steps made on one path: some never end. */
    private static final int LONGEST = 1 << 14;
    /** Odd, so that its multiples go through all numbers below a power of two, each once and far from the one before. */
    private static final int FAR = 0x9e37_79b1;

    /** A state: a boundary of a path. */
    private record Place(int path, int offset) {}

    private record Pair(Place one, Place other) {}

    private final SearchState search;
    private final Fixture fixture;
    private final Walker walker;
    private final Walker.Snapshot reset;
    private final VisitedStates.Visitor visitor;
    private final Map<Fingerprint, Place> places = new HashMap<>();
    private final List<Pair> pairs = new ArrayList<>();
    private long steps;
    private long states;

    /** Of a search that nobody works on. */
    StateSample(SearchState search) {
        this.search = search;
        this.fixture = search.fixture;
        this.walker = new Walker(search, TraceSink.NONE);
        this.visitor = search.visited.new Visitor();
        this.reset = walker.snapshot();
    }

    /** Takes the sample and compares. */
    StatesApart compare() {
        int bound = search.tree.bound();
        int numbers = Integer.highestOneBit(Math.max(bound - 1, 1)) << 1;
        for (int i = 0; i < numbers && steps < MOST_STEPS && pairs.size() < MOST_PAIRS; i++) {
            int path = i * FAR & numbers - 1;
            if (path < bound && search.tree.end(path) != PathTree.NONE) {
                walk(path);
            }
        }
        Map<Long, int[]> counts = new TreeMap<>();
        for (Pair pair : pairs) {
            Set<Long> differences = differences(pair);
            for (long quadword : differences) {
                int[] count = counts.computeIfAbsent(quadword, any -> new int[2]);
                count[0]++;
                count[1] += differences.size() == 1 ? 1 : 0;
            }
        }
        List<StatesApart.Quadword> quadwords = new ArrayList<>();
        counts.forEach((quadword, count) -> quadwords.add(named(quadword, count[0], count[1])));
        quadwords.sort(Comparator.comparingInt(StatesApart.Quadword::alone)
                .thenComparingInt(StatesApart.Quadword::pairs)
                .reversed());
        return new StatesApart(states, pairs.size(), quadwords);
    }

    /** Takes in the states that the path was the first to visit. */
    private void walk(int path) {
        walker.restore(reset);
        EventPath events = EventPath.of(search.tree, path);
        events.follow(walker);
        steps += events.links().stream().mapToLong(EventPath.Link::steps).sum();
        boolean goesOn = true;
        for (int offset = 0; goesOn && offset < LONGEST && pairs.size() < MOST_PAIRS; offset++) {
            Fingerprint whole = Fingerprint.of(walker);
            int owner = visitor.owner(whole.low(), whole.high());
            if (owner == path) {
                takeIn(new Place(path, offset));
            } else if (owner != VisitedStates.NEW) { // that is a state which was not kept
                return;
            }
            goesOn = walker.step();
            steps++;
        }
    }

    private void takeIn(Place place) {
        states++;
        long eventBits = walker.machine().state().interrupts.bits();
        walker.identity().takeWithoutMemory();
        Fingerprint rest = new Fingerprint(
                walker.identity().low(eventBits), walker.identity().high(eventBits));
        Place before = places.put(rest, place);
        if (before != null) {
            pairs.add(new Pair(before, place));
        }
    }

    private void goTo(Place place) {
        walker.restore(reset);
        EventPath.of(search.tree, place.path()).follow(walker);
        walker.advance(place.offset());
    }

    /** Physical addresses of the quadwords that differ, but for what is dead or declared. */
    private Set<Long> differences(Pair pair) {
        goTo(pair.one());
        PhysicalMemory memory = walker.machine().memory();
        PhysicalMemory.Snapshot one = memory.snapshot();
        goTo(pair.other());
        Set<Long> differences = new HashSet<>();
        for (long number = 0; number < memory.pages(); number++) {
            Page was = one.page(number);
            Page is = memory.page(number);
            for (int offset = 0; was != is && offset < Page.SIZE; offset += Long.BYTES) {
                if (was.seen(offset) != is.seen(offset)) {
                    differences.add(number << 12 | offset);
                }
            }
        }
        walker.identity().forEachUncounted((from, to) -> {
            for (long quadword = from + 7 & -8; quadword + Long.BYTES <= to; quadword += Long.BYTES) {
                differences.remove(quadword);
            }
        });
        return differences;
    }

    private StatesApart.Quadword named(long physical, int inPairs, int alone) {
        OptionalLong linear = walker.machine().linear(fixture.image(), physical);
        if (linear.isEmpty()) {
            return new StatesApart.Quadword("physical " + Hex.of(physical), inPairs, alone, "");
        }
        long address = linear.getAsLong();
        String region = isOnStack(address) ? "" : place(address) + " " + place(address + Long.BYTES, address);
        return new StatesApart.Quadword(StackPlace.of(fixture, address), inPairs, alone, region);
    }

    private boolean isOnStack(long address) {
        List<Region> stacks = new ArrayList<>(fixture.directives().check().stacks());
        fixture.directives().landmarks().istStack().ifPresent(stacks::add);
        return stacks.stream().anyMatch(stack -> stack.contains(address));
    }

    private String place(long address) {
        return place(address, address);
    }

    /** An address by the symbol that is nearest to another. */
    private String place(long address, long near) {
        return fixture.image()
                .symbols()
                .nearest(near)
                .map(SymbolTable.Place::symbol)
                .map(symbol ->
                        symbol.name() + (address == symbol.address() ? "" : "+" + Hex.of(address - symbol.address())))
                .orElse(Hex.of(address));
    }
}
