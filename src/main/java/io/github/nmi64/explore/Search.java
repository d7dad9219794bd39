package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.machine.EndResult;
import io.github.nmi64.trace.TraceSink;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the workers of one search share. Safe for use by several threads. */
final class Search {
    /** Why a search stops before its layer is complete; of several reasons the last in this order counts. */
    enum Stop {
        /** It does not. */
        NONE,
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

    final Fixture fixture;
    final CheckOptions options;
    final LiveWords live;
    final boolean withTime;
    final VisitedStates visited;
    final PathTree tree = new PathTree();
    final AtomicLong transitions = new AtomicLong();
    /** Visited states at which an event was offered. */
    final AtomicLong boundaries = new AtomicLong();
    /** Events offered there, each kind for itself. */
    final AtomicLong arrivals = new AtomicLong();
    /** Kinds of event that were offered anywhere, as bits. */
    final AtomicInteger offered = new AtomicInteger();
    /** Arrivals found in the layer in progress that lead to states not seen. */
    final AtomicLong frontier = new AtomicLong();

    /** Paths on which the search stopped, with the number of boundaries visited, the first included. */
    final Map<Integer, Integer> unfinished = new ConcurrentHashMap<>();

    private final Map<String, Finding> findings = new LinkedHashMap<>();
    private volatile Stop stop = Stop.NONE;
    private @Nullable EndResult undisturbed;

    Search(Fixture fixture, CheckOptions options, LiveWords live, boolean withTime) {
        this.fixture = fixture;
        this.options = options;
        this.live = live;
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

    Stop stop() {
        return stop;
    }

    /** Stops all workers soon. */
    synchronized void stop(Stop reason) {
        if (reason.compareTo(stop) > 0) {
            stop = reason;
        }
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
