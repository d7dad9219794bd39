package io.github.nmi64.explore;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the verdict of a search takes for granted, in sentences. */
final class Assumptions {
    /** Bits of a fingerprint. */
    private static final int PRINT_BITS = 96;

    private final SearchState search;
    private final Fixture fixture;
    private final CheckPlan plan;

    private Assumptions(SearchState search) {
        this.search = search;
        this.fixture = search.fixture;
        this.plan = fixture.directives().check();
    }

    /**
     * The sentences.
     *
     * @param liveWords number of stack quadwords that are never taken for dead
     */
    static List<String> of(SearchState search, Rules rules, int liveWords) {
        Assumptions assumptions = new Assumptions(search);
        List<String> all = new ArrayList<>();
        all.add(assumptions.rules(rules));
        all.add(assumptions.window());
        all.addAll(assumptions.plan.assumed());
        assumptions.addPorts(all);
        assumptions.addRegions(all);
        assumptions.addInService(all);
        assumptions.addUncounted(all);
        assumptions.addUncompared(all);
        all.add(assumptions.deadBytes(liveWords));
        all.add(assumptions.clock(rules));
        all.add(assumptions.fingerprints());
        return all;
    }

    private String rules(Rules rules) {
        return "processor rules: "
                + rules.byName().entrySet().stream()
                        .map(rule -> rule.getKey() + "=" + rule.getValue())
                        .collect(Collectors.joining(", "));
    }

    private String window() {
        return plan.window()
                .map(window -> "events arrive from " + place(window.first()) + until(window)
                        + " and in the handlers that interrupt this, not before and not after")
                .orElse("events may arrive anywhere in the run");
    }

    private String until(CheckPlan.Window window) {
        String steps = plan.steps().isEmpty() ? "" : " for " + plan.steps().getAsLong() + " steps of the program";
        return window.first() == window.last() ? steps : " to " + place(window.last()) + steps;
    }

    private void addPorts(List<String> all) {
        fixture.directives()
                .ports()
                .forEach((port, value) ->
                        all.add("port " + Hex.of(port) + " always reads " + Hex.of(value) + " ('port')"));
    }

    private void addRegions(List<String> all) {
        Map<List<Region>, List<InjectedEvent>> confined = search.options.events().stream()
                .filter(kind -> !plan.regions(kind).isEmpty())
                .collect(Collectors.groupingBy(plan::regions, LinkedHashMap::new, Collectors.toList()));
        confined.forEach((regions, kinds) -> all.add(names(kinds) + (kinds.size() == 1 ? " arrives" : " arrive")
                + " only in " + regions(regions) + " ('check-region')"));
    }

    private void addInService(List<String> all) {
        List<InjectedEvent> kept = search.options.events().stream()
                .filter(kind -> kind.event() == InjectedEvent.Kind.INTR
                        && !plan.reasserts().contains(kind.vector()))
                .toList();
        if (!kept.isEmpty()) {
            all.add(names(kept) + " is not requested again before its handler's IRET (unless 'reasserts')");
        }
    }

    private static String names(List<InjectedEvent> kinds) {
        return kinds.stream().map(InjectedEvent::text).collect(Collectors.joining(", "));
    }

    private void addUncounted(List<String> all) {
        if (!plan.statistics().isEmpty()) {
            all.add("no decision depends on the contents of " + regions(plan.statistics()) + " ('statistics')");
        }
        if (!plan.immaterial().isEmpty()) {
            all.add("of states that differ only in " + regions(plan.immaterial())
                    + ", one was explored ('immaterial'): "
                    + "what goes wrong only with other contents there was not looked for");
        }
    }

    /** What {@code interference} leaves out. */
    private void addUncompared(List<String> all) {
        fixture.directives()
                .landmarks()
                .istStack()
                .ifPresent(stack -> all.add("the NMI stack belongs to the entry code: the program read nothing "
                        + "on it that was not compared"));
        if (!plan.handlerData().isEmpty()) {
            all.add(regions(plan.handlerData()) + " belongs to the handlers ('handler-data')");
        }
        if (!plan.victimData().isEmpty()) {
            all.add("the program owns only " + regions(plan.victimData()) + " and the stack it uses ('victim-data')");
        }
        if (plan.handlerOutput()) {
            all.add("output to devices is not the program's ('handler-output')");
        }
        if (!plan.recovers().isEmpty()) {
            all.add("what " + plan.recovers().stream().map(this::place).collect(Collectors.joining(", "))
                    + " handles may change the program's state and resume it elsewhere ('recovers')");
        }
        all.add("the program does not depend on accessed and dirty bits that the processor sets");
        addCounters(all);
        if (!search.lessons.declaredReads.quadwords().isEmpty()) {
            all.add("the program reads data declared as the handlers', and its course does not depend on it");
        }
    }

    private void addCounters(List<String> all) {
        Walker walker = new Walker(search, TraceSink.NONE);
        List<String> names = search.lessons.countedWords().stream()
                .map(quadword -> walker.machine().linear(fixture.image(), quadword))
                .map(linear -> linear.isPresent() ? place(linear.getAsLong()) : "memory outside all segments")
                .toList();
        if (!names.isEmpty()) {
            all.add("handlers only count in " + String.join(", ", names)
                    + ", which the program never reads; better declared 'statistics'");
        }
    }

    private String deadBytes(int liveWords) {
        String exceptions = liveWords == 0 ? "" : ", except the live stack slots (" + liveWords + ")";
        return "what POP, RET or IRET has popped and what lies on stacks that were left or are unused does not distinguish "
                + "states"
                + exceptions + ": none of it was read";
    }

    private String clock(Rules rules) {
        if (rules.tscStopped()) {
            return "the time-stamp counter stands still ('rules tsc=stopped'): what the guest does differently as time "
                    + "passes is not explored";
        }
        return search.withTime
                ? "the guest reads the time, so the clock is part of the state"
                : "the guest does not read the time, so the clock is not part of the state";
    }

    private String fingerprints() {
        double states = search.visited.size();
        double chance = states * states / Math.pow(2, PRINT_BITS + 1);
        return String.format(
                Locale.ROOT,
                "no two states share a %d-bit fingerprint; the chance that any two of this many do is about %.0e",
                PRINT_BITS,
                chance);
    }

    private String regions(List<Region> regions) {
        return regions.stream()
                .map(region -> place(region.start()) + ".." + place(region.end()))
                .collect(Collectors.joining(", "));
    }

    private String place(long address) {
        return fixture.image()
                .symbols()
                .nearest(address)
                .map(SymbolTable.Place::text)
                .orElse(Hex.of(address));
    }
}
