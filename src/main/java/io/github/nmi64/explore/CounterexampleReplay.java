package io.github.nmi64.explore;

import io.github.nmi64.fixture.StackPlace;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.run.DifferenceTeller;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.Narrator;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Walks the path of a finding once more from reset: its schedule, and the violation with the words for what differs. The
 * story is that of a run under this schedule, told by the narrator of every run.
 */
final class CounterexampleReplay implements DifferenceTeller {
    /** Boundaries that retire nothing, one after the other, after which nothing more is expected. */
    private static final int MOST_WITHOUT_PROGRESS = 1_000;

    private final SearchState search;
    private final Finding finding;
    private final Walker walker;
    private final Map<Long, Integer> hits = new HashMap<>();
    private final List<Injection> schedule = new ArrayList<>();
    private long firstArrival;

    CounterexampleReplay(SearchState search, Finding finding) {
        this.search = search;
        this.finding = finding;
        this.walker = new Walker(search, TraceSink.NONE, this);
    }

    Counterexample counterexample() {
        Violation violation = violation();
        return new Counterexample(violation, schedule, story());
    }

    /** Finds the schedule on the way to it. */
    Violation violation() {
        hits.merge(walker.machine().state().rip, 1, Integer::sum);
        for (EventPath.Link link : EventPath.of(search.tree, finding.path()).links()) {
            for (int i = 0; i < link.steps(); i++) {
                step();
            }
            raise(link.kind());
        }
        Violation last = finding.violation();
        advanceToViolation(walker.monitor(), () -> walker.machine().core().retired, this::step);
        return walker.monitor().violations().stream()
                .filter(violation -> violation.invariant().equals(last.invariant())
                        && violation.subject().equals(last.subject()))
                .findFirst()
                .orElse(last); // which says less: nobody kept what was there before
    }

    private List<String> story() {
        RunOptions options = RunOptions.defaults(search.options.costs())
                .withSchedule(new Schedule(schedule))
                .withMaxInstructions(Long.MAX_VALUE)
                .withMaxCycles(Long.MAX_VALUE);
        FixtureRun run = new FixtureRun(search.fixture, search.boot, options);
        Narrator narrator = new Narrator(run, firstArrival);
        run.begin(narrator);
        advanceToViolation(run.monitor(), () -> run.machine().core().retired, run::step);
        List<String> story = new ArrayList<>(narrator.sentences());
        if (narrator.left() > 0) {
            story.add("and " + narrator.left() + " more");
        }
        return story;
    }

    /** Makes steps until something is found, or what was found must have been met. */
    private void advanceToViolation(InvariantMonitor monitor, LongSupplier retired, BooleanSupplier step) {
        long before = -1;
        int without = 0;
        while (monitor.violations().isEmpty()
                && retired.getAsLong() <= finding.violation().retired()
                && without < MOST_WITHOUT_PROGRESS
                && step.getAsBoolean()) {
            long now = retired.getAsLong();
            without = now == before ? without + 1 : 0;
            before = now;
        }
    }

    @Override
    public String name(long linear) {
        return StackPlace.of(search.fixture, linear);
    }

    private boolean step() {
        boolean goesOn = walker.step();
        hits.merge(walker.machine().state().rip, 1, Integer::sum);
        return goesOn;
    }

    private void raise(int kind) {
        if (schedule.isEmpty()) {
            firstArrival = walker.machine().core().retired;
        }
        schedule.add(new Injection(
                search.options.events().get(kind), when(walker.machine().state().rip)));
        walker.choice(kind).raise();
    }

    private When when(long rip) {
        int hit = hits.getOrDefault(rip, 1);
        return search.fixture
                .image()
                .symbols()
                .nearest(rip)
                .<When>map(near -> new When.AtSymbol(near.symbol().name(), near.offset(), hit))
                .orElseGet(() -> new When.AtAddress(rip, hit));
    }
}
