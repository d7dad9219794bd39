package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.run.EndResult;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.trace.TraceSink;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the workers of one search share. Safe for use by several threads. */
final class SearchState {
    /** Why a search stops before its layer is complete; of several reasons the last in this order counts. */
    enum Stop {
        /** It does not. */
        NONE,
        /** The time allowed is over. */
        TIME,
        /** Somebody wants it to end. */
        INTERRUPTED,
        /** A quadword never repeats: it would go on for as long as there is memory. */
        GROWTH,
        /** A run does not end within the instructions allowed. */
        INSTRUCTIONS,
        /** The memory allowed is used up. */
        MEMORY,
        /** There are more paths than can be numbered. */
        PATHS,
        /** The guest has read the time: start again, with time in the state. */
        TIME_READ,
        /** A byte taken for dead was read: start again, knowing better. */
        DEAD_READ,
        /** A worker has failed; what it threw goes to the caller. */
        FAILURE
    }

    /** Steps that a search goes on at least after a guess was wrong. */
    private static final int PATIENCE = 10_000;

    final Fixture fixture;
    /** What all machines of the search begin with. */
    final BootImage boot;

    final CheckOptions options;
    final Lessons lessons;
    final QuadwordSet live;
    final boolean withTime;
    final VisitedStates visited;
    final PathTree tree = new PathTree();
    final AtomicLong transitions = new AtomicLong();
    /** Visited states at which an event was offered. */
    final AtomicLong boundaries = new AtomicLong();
    /** Events offered there, each kind for itself. */
    final AtomicLong arrivals = new AtomicLong();
    /** The window has been seen open. */
    volatile boolean hasOpened;

    /** Kinds of event that were offered anywhere, as bits. */
    final AtomicInteger offered = new AtomicInteger();
    /** Arrivals found in the layer in progress that lead to states not seen. */
    final AtomicLong frontier = new AtomicLong();

    /** Paths on which the search stopped, with the number of boundaries visited, the first included. */
    final Map<Integer, Integer> unfinished = new ConcurrentHashMap<>();

    /** The lowest number of the paths explored in the layer in progress. */
    final AtomicInteger lowest = new AtomicInteger();

    /** A path of the layer in progress was left because its run has come to a limit of the fixture. */
    volatile boolean isCut;

    private final Map<String, Finding> findings = new LinkedHashMap<>();
    private volatile Stop stop = Stop.NONE;
    private volatile Stop mistake = Stop.NONE;
    private final AtomicBoolean isLooking = new AtomicBoolean();
    private volatile String growth = "";
    private volatile long patience = Long.MAX_VALUE;
    private @Nullable EndResult undisturbed;

    SearchState(Fixture fixture, CheckOptions options, Lessons lessons, boolean withTime) {
        this(fixture, FixtureRun.boot(fixture), options, lessons, withTime);
    }

    SearchState(Fixture fixture, BootImage boot, CheckOptions options, Lessons lessons, boolean withTime) {
        this.fixture = fixture;
        this.boot = boot;
        this.lessons = lessons;
        this.options = options;
        this.live = lessons.live;
        this.withTime = withTime;
        this.visited = new VisitedStates(() -> options.memoryBytes() - tree.bytes(), options.threads());
    }

    /** How the run that nothing interrupts ends; null while it runs or if it never ends. */
    @Nullable
    EndResult undisturbed() {
        return undisturbed;
    }

    /** The first path, which nothing interrupts, has ended. */
    void undisturbed(EndResult result) {
        undisturbed = result;
    }

    /** The most instructions that a run may take after its last event. */
    long maxInstructions() {
        long most = fixture.directives().maxInstructions().orElse(FixtureRun.DEFAULT_MAX_INSTRUCTIONS);
        return Math.min(most, Long.MAX_VALUE / 2);
    }

    /** The most cycles that a run may take after its last event; one that faults for ever retires nothing. */
    long maxCycles() {
        long most = Long.MAX_VALUE / 2 / FixtureRun.DEFAULT_CYCLES_PER_INSTRUCTION;
        long otherwise = Math.min(maxInstructions(), most) * FixtureRun.DEFAULT_CYCLES_PER_INSTRUCTION;
        return Math.min(fixture.directives().maxCycles().orElse(otherwise), Long.MAX_VALUE / 2);
    }

    Stop stop() {
        return stop;
    }

    /** Stops all workers soon. */
    synchronized void stop(Stop reason) {
        if (reason.compareTo(stop) > 0) {
            stop = reason;
        }
    }

    /**
     * A guess was wrong, so the search has to start anew. It goes on for a while before, to the end of the layer or for about
     * as long as it took so far: what it does is no longer complete, but it learns of more such guesses at once.
     *
     * @param steps made on the path in progress
     */
    synchronized void mistaken(Stop reason, int steps) {
        if (mistake == Stop.NONE) {
            patience = 2 * (transitions.get() + steps) + PATIENCE;
        }
        mistake = reason.compareTo(mistake) > 0 ? reason : mistake;
    }

    /**
     * Stops the search after a wrong guess if it has gone on for long enough.
     *
     * @param steps made on the path in progress
     */
    void stopIfMistaken(int steps) {
        if (mistake != Stop.NONE && transitions.get() + steps >= patience) {
            stop(mistake);
        }
    }

    /** What keeps the search from an end, as far as that is known; empty if nothing is. */
    String growth() {
        return growth;
    }

    void growth(String text) {
        growth = text;
    }

    /** A path is long; the first of those is looked at for what never repeats. */
    void lookAt(int path, int steps) {
        if (growth.isEmpty() && isLooking.compareAndSet(false, true)) {
            Growth.withinPath(this, path, steps).ifPresent(this::growth);
        }
    }

    /** Nobody works: after a wrong guess the search is over. */
    void settle() {
        stop(mistake);
    }

    /** True if visited states and paths together take more than they may. */
    boolean exceedsMemory() {
        return visited.bytes() + tree.bytes() > options.memoryBytes();
    }

    /** Writes what was visited and what is left to do, while nobody works. */
    void write(DataOutput out) throws IOException {
        out.writeLong(transitions.get());
        out.writeLong(frontier.get());
        out.writeLong(boundaries.get());
        out.writeLong(arrivals.get());
        out.writeInt(offered.get());
        out.writeBoolean(isCut);
        out.writeBoolean(undisturbed != null);
        out.writeInt(unfinished.size());
        for (Map.Entry<Integer, Integer> path : unfinished.entrySet()) {
            out.writeInt(path.getKey());
            out.writeInt(path.getValue());
        }
        tree.write(out);
        visited.write(out);
    }

    /** Takes in what {@link #write} wrote, before anybody works. */
    void read(DataInput in) throws IOException {
        transitions.set(in.readLong());
        frontier.set(in.readLong());
        boundaries.set(in.readLong());
        arrivals.set(in.readLong());
        offered.set(in.readInt());
        isCut = in.readBoolean();
        boolean ends = in.readBoolean();
        for (int left = in.readInt(); left > 0; left--) {
            unfinished.put(in.readInt(), in.readInt());
        }
        tree.read(in);
        visited.read(in);
        if (ends) {
            undisturbed = new Walker(this, TraceSink.NONE).undisturbedEnd();
        }
    }

    /** Keeps the shortest finding about each subject. */
    synchronized void found(Finding finding) {
        findings.merge(
                finding.about(), finding, (one, other) -> Finding.SHORTEST.compare(one, other) <= 0 ? one : other);
    }

    /** All findings, the shortest first. */
    synchronized List<Finding> findings() {
        List<Finding> sorted = new ArrayList<>(findings.values());
        sorted.sort(Finding.SHORTEST);
        return sorted;
    }
}
