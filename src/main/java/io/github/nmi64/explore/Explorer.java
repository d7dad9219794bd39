package io.github.nmi64.explore;

import io.github.nmi64.bits.Log;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.fixture.StackPlace;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.monitor.Invariants;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether an invariant of a fixture can break, whenever and however often events arrive.
 *
 * <p>At every boundary of the fixture's window an event may be asserted or not; between two assertions the machine is
 * deterministic. States are explored in layers by the number of events, so the first counterexample has the fewest. When a
 * layer finds no arrival that leads to a new state, every state that any number of events can reach has been visited.
 *
 * <pre>
 * Fixture fixture = new Fixtures(new Assembler(System.getenv())).resolve("rfc/nested-handler");
 * CheckOptions options = new CheckOptions(
 *         List.of(InjectedEvent.NMI), Integer.MAX_VALUE, 1, 1L &lt;&lt; 28, 0, 1, CostModel.UNIT);
 * CheckResult result = new Explorer(fixture, options, new CheckProgress()).run();
 * List&lt;Injection&gt; shortest = result.counterexamples().get(0).schedule();
 * </pre>
 */
public final class Explorer {
    /** Live quadwords side by side that are named one by one. */
    private static final int MOST_WORDS = 4;

    private final Fixture fixture;
    private final BootImage boot;
    private final CheckOptions options;
    private final CheckProgress progress;
    private final Function<SearchState, LayerWorker> workers;
    private Lessons lessons = new Lessons();
    private boolean withTime;
    private @Nullable Checkpoint earlier;
    private @Nullable Checkpoint checkpoint;
    private @Nullable SearchState last;
    private int attempts;

    /** @param progress is kept up to date while {@link #run} works */
    public Explorer(Fixture fixture, CheckOptions options, CheckProgress progress) {
        this(fixture, options, progress, LayerWorker::new);
    }

    /** One whose workers may go another way to the same verdict. */
    Explorer(
            Fixture fixture, CheckOptions options, CheckProgress progress, Function<SearchState, LayerWorker> workers) {
        this.fixture = fixture;
        this.boot = FixtureRun.boot(fixture);
        this.options = options;
        this.progress = progress;
        this.workers = workers;
    }

    /** Goes on from where an earlier search of the same stopped; call before {@link #run}. */
    public void resumeFrom(Checkpoint from) {
        earlier = from;
        withTime = from.search().withTime;
        lessons = from.search().lessons;
    }

    /** After {@link #run}: what a later search can go on from, if this one stopped at a limit. */
    public Optional<Checkpoint> checkpoint() {
        return Optional.ofNullable(checkpoint);
    }

    /**
     * Explores.
     *
     * @throws NothingToExploreException if no event can arrive anywhere
     * @throws io.github.nmi64.machine.BootImageException if the image does not fit into the machine
     */
    public CheckResult run() {
        LayeredSearch attempt = attempt(options);
        checkpoint = attempt.checkpoint();
        last = attempt.search();
        SearchState told = told(attempt);
        List<Counterexample> examples = told.findings().stream()
                .map(finding -> new CounterexampleReplay(told, finding).counterexample())
                .toList();
        SearchState search = attempt.search();
        return new CheckResult(
                attempt.verdict(),
                attempt.reason(),
                options.events(),
                attempt.layers(),
                search.visited.size(),
                search.transitions.get(),
                search.visited.bytes() + search.tree.bytes(),
                examples,
                liveWords(),
                withTime,
                examples.isEmpty() ? new Storm(search).text() : "",
                attempt.limit(),
                coverage(search));
    }

    /**
     * After {@link #run}: what keeps the states apart that were visited, however the search ended. Takes some seconds.
     *
     * @throws IllegalStateException if nothing has been explored
     */
    public StatesApart statesApart() {
        if (last == null) {
            throw new IllegalStateException("call run() first");
        }
        return new StateSample(last).compare();
    }

    private Coverage coverage(SearchState search) {
        Walker walker = new Walker(search, TraceSink.NONE);
        List<String> watched = new ArrayList<>(walker.monitor().invariants());
        watched.add(Invariants.PROGRESS);
        List<InjectedEvent> kinds = options.events();
        int offered = search.offered.get();
        return new Coverage(
                watched,
                InvariantMonitor.notWatched(fixture.directives()),
                search.boundaries.get(),
                search.arrivals.get(),
                IntStream.range(0, kinds.size())
                        .filter(kind -> (offered >>> kind & 1) == 0)
                        .mapToObj(kinds::get)
                        .toList(),
                Assumptions.of(
                        search,
                        walker.machine().core().rules,
                        lessons.live.quadwords().size()));
    }

    /**
     * Which path reaches a state first depends on the threads; what is printed must not, so one thread searches again. Only
     * if that stops short of the finding at the limit of memory, the first is told.
     */
    private SearchState told(LayeredSearch attempt) {
        if (attempt.search().findings().isEmpty() || options.threads() == 1) {
            return attempt.search();
        }
        Log.debug(Explorer.class, "once more with one thread, so that the same counterexample is found every time");
        SearchState again =
                attempt(options.withThreads(1).withMaxEvents(attempt.deepest())).search();
        return again.findings().isEmpty() ? attempt.search() : again;
    }

    /** How many searches it took until no guess was wrong. */
    int attempts() {
        return attempts;
    }

    /** Words that were taken for dead and read. */
    QuadwordSet live() {
        return lessons.live;
    }

    /** Searches until no byte that was taken for dead is read. */
    private LayeredSearch attempt(CheckOptions with) {
        while (true) {
            lessons.takeIn();
            LayeredSearch attempt = earlier == null
                    ? new LayeredSearch(new SearchState(fixture, boot, with, lessons, withTime), progress, workers)
                    : new LayeredSearch(earlier, progress, workers);
            earlier = null; // if its guesses were wrong, everything starts anew
            attempts++;
            attempt.run();
            SearchState.Stop stop = attempt.search().stop();
            withTime |= stop == SearchState.Stop.TIME_READ;
            Log.debug(
                    Explorer.class,
                    "search {}: {} states, {} violations; ended by {}",
                    attempts,
                    attempt.search().visited.size(),
                    attempt.search().findings().size(),
                    stop);
            boolean mustRestart = stop == SearchState.Stop.DEAD_READ || stop == SearchState.Stop.TIME_READ;
            if (!mustRestart && !hasMetCounters(attempt.search())) {
                return attempt;
            }
        }
    }

    /** True if what was found is no more than counters of handlers, which are known from now on. */
    private boolean hasMetCounters(SearchState search) {
        int before = lessons.counters().length;
        search.findings().stream()
                .filter(finding -> finding.violation().invariant().equals(Invariants.INTERFERENCE))
                .forEach(finding -> new CounterexampleReplay(search, finding).violation());
        return lessons.counters().length > before;
    }

    private List<String> liveWords() {
        Walker walker = new Walker(new SearchState(fixture, boot, options, lessons, withTime), TraceSink.NONE);
        Set<Long> quadwords = lessons.live.quadwords();
        List<Region> stacks = new ArrayList<>(fixture.directives().check().stacks());
        Landmarks landmarks = fixture.directives().landmarks();
        landmarks.istStack().ifPresent(stacks::add);
        List<String> names = new ArrayList<>();
        for (Region stack : stacks) {
            long first = stack.start() & -8;
            for (long at = first; at - stack.end() <= 0; at += 8) {
                if (at - stack.end() < 0 && isLive(walker.machine(), quadwords, at)) {
                    continue;
                }
                addRun(names, first, at);
                first = at + 8;
            }
        }
        return names;
    }

    private static boolean isLive(Machine machine, Set<Long> quadwords, long linear) {
        OptionalLong physical = machine.translate(linear);
        return physical.isPresent() && quadwords.contains(physical.getAsLong());
    }

    /** Names quadwords one by one, or the first and the last if they are many. */
    private void addRun(List<String> names, long first, long end) {
        if (end - first > MOST_WORDS * Long.BYTES) {
            names.add(StackPlace.of(fixture, first) + " to " + StackPlace.of(fixture, end - Long.BYTES));
            return;
        }
        for (long quadword = first; quadword < end; quadword += Long.BYTES) {
            names.add(StackPlace.of(fixture, quadword));
        }
    }
}
