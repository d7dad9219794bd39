package io.github.nmi64.explore;

import io.github.nmi64.core.Core;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.run.EndResult;
import io.github.nmi64.run.StateIdentity;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Explores paths of one layer. A layer's paths have one event more than those of the layer before; they are found by running
 * the older paths again up to each arrival that was noted on them.
 */
class LayerWorker {
    /** One path on the way down: how far its children have been gone through. */
    static final class Level {
        int path;
        int child;
        int next;
        int previous;
        int offset;
        Walker.@Nullable Snapshot snapshot;
        /** Another worker goes through the children that remain, and keeps the links in order. */
        boolean given;

        void begin(int of, int first) {
            path = of;
            child = first;
            next = PathTree.NONE;
            previous = PathTree.NONE;
            offset = 0;
            snapshot = null;
            given = false;
        }

        void resume(LayerTasks.Task task) {
            begin(task.path(), task.child());
            previous = task.previous();
            offset = task.offset();
            snapshot = task.snapshot();
        }

        /** On to the next child; one without descendants is taken out of the list. */
        void advance(PathTree tree, boolean isAlive) {
            if (isAlive) {
                previous = child;
            } else if (previous == PathTree.NONE) {
                tree.firstChild(path, next);
            } else {
                tree.next(previous, next);
            }
            child = next;
        }
    }

    /** States asked for at once at a path's begin; many paths are short. */
    private static final int FIRST_STRETCH = 2;
    /** A path of 2 to the power of so many boundaries is looked at for what keeps it from an end: about a second. */
    private static final int LONG_BITS = 20;

    private final SearchState search;
    private final PathTree tree;
    private final VisitedStates.Visitor visitor;
    private final PathTree.Writer paths;
    private final Walker walker;
    private final StateIdentity identity;
    private final InterruptState interrupts;
    private final Set<Long> deadReads;
    private final Core core;
    private final Walker.Snapshot reset;
    private final Lookahead stretch;
    private final List<Level> levels = new ArrayList<>();
    private LayerTasks tasks = new LayerTasks(1);
    private @Nullable Starts starts;
    private int layer;
    /** The level of the work in progress that has the fewest events. */
    private int top;

    /** Where the path is given up. */
    private long lastInstruction;

    private long lastCycle;

    private int firstChild;
    private int lastChild;
    private int noted;
    private long boundaries;
    private long arrivals;
    private int offered;

    LayerWorker(SearchState search) {
        this.search = search;
        this.tree = search.tree;
        this.visitor = search.visited.new Visitor();
        this.paths = tree.new Writer();
        this.walker = new Walker(search, TraceSink.NONE);
        this.identity = walker.identity();
        this.interrupts = walker.machine().state().interrupts;
        this.deadReads = walker.machine().memory().marks().deadReads();
        this.core = walker.machine().core();
        this.stretch = new Lookahead(walker);
        this.reset = walker.snapshot();
    }

    /** Explores the path that nothing interrupts. */
    void exploreFirst() {
        layer = 0;
        walker.restore(reset);
        explore(paths.add(PathTree.NONE, 0, 0)); // the first of all: its number is PathTree.FIRST
        count();
    }

    /** Where the first path begins. */
    Walker.Snapshot reset() {
        return reset;
    }

    /**
     * Explores the layer's paths as long as there is work; if that fails, nobody waits for this worker's.
     *
     * @param kept is given the begins of the paths, unless null
     */
    void exploreLayer(int number, LayerTasks work, @Nullable Starts kept) {
        boolean isDone = false;
        starts = kept;
        try {
            exploreAll(number, work);
            isDone = true;
        } finally {
            if (!isDone) {
                search.stop(SearchState.Stop.FAILURE);
                work.abandon();
            }
        }
    }

    private void exploreAll(int number, LayerTasks work) {
        layer = number;
        tasks = work;
        for (LayerTasks.Task task = work.next(); task != null; task = work.next()) {
            if (search.stop() == SearchState.Stop.NONE) {
                goDown(task);
            }
        }
        count();
    }

    /** Adds what this worker has counted to what all have. */
    private void count() {
        visitor.count();
        search.boundaries.addAndGet(boundaries);
        search.arrivals.addAndGet(arrivals);
        search.offered.accumulateAndGet(offered, (one, other) -> one | other);
        search.hasOpened |= stretch.hasOpened();
        boundaries = 0;
        arrivals = 0;
    }

    private Level level(int depth) {
        while (levels.size() <= depth) {
            levels.add(new Level());
        }
        return levels.get(depth);
    }

    /** Asserts the event of a path of this layer and explores it; true if it has descendants to explore in the next layer. */
    private boolean begin(int path) {
        EventChoice choice = walker.choice(tree.kind(path));
        if (tree.end(path) != PathTree.NONE) {
            return tree.firstChild(path) != PathTree.NONE; // an earlier search got as far as this
        }
        if (!search.unfinished.containsKey(path) && isKnownNow(choice)) {
            return false;
        }
        choice.raise();
        Walker.Snapshot snapshot = starts == null ? null : walker.snapshot();
        boolean isAlive = explore(path);
        if (isAlive && starts != null && snapshot != null) {
            starts.add(path, snapshot);
        }
        return isAlive;
    }

    /** Goes down the children of a path, and theirs, to the paths of this layer. */
    void goDown(LayerTasks.Task task) {
        walker.restore(task.snapshot());
        level(task.depth()).resume(task);
        top = task.depth();
        int depth = top;
        while (depth >= top) {
            Level level = levels.get(depth);
            boolean isAlive;
            if (level.child == PathTree.NONE) {
                isAlive = level.previous != PathTree.NONE;
                depth = leave(depth);
            } else {
                goTo(level);
                if (isPutOff(depth, level)) {
                    level.advance(tree, true);
                    continue;
                }
                if (tasks.hasIdleWorkers()) {
                    share(depth);
                }
                if (depth + 1 < layer) {
                    walker.choice(tree.kind(level.child)).raise();
                    depth++;
                    level(depth).begin(level.child, tree.firstChild(level.child));
                    continue;
                }
                isAlive = begin(level.child);
            }
            while (depth >= top && (search.stop() != SearchState.Stop.NONE || levels.get(depth).given)) {
                isAlive = true; // for all that is known here
                depth = leave(depth);
            }
            if (depth >= top) {
                levels.get(depth).advance(tree, isAlive);
            }
        }
    }

    /** Nothing is left to do on a level; answers the one above. */
    private int leave(int depth) {
        levels.get(depth).snapshot = null;
        return depth - 1;
    }

    /** Takes the machine to where the level's present child begins. */
    private void goTo(Level level) {
        if (level.snapshot != null) {
            walker.restore(level.snapshot);
        }
        level.next = tree.next(level.child);
        int offset = tree.offset(level.child);
        walker.advance(offset - level.offset);
        if (level.snapshot == null || offset != level.offset) {
            level.snapshot = walker.snapshot();
        }
        level.offset = offset;
    }

    /** True if the level's present child, which begins where the machine is now, is left for later, by whoever says so. */
    boolean isPutOff(int depth, Level level) {
        return false;
    }

    /** Leaves what remains to do on the highest level that has something to another worker. */
    private void share(int deepest) {
        for (int depth = top; depth <= deepest; depth++) {
            Level level = levels.get(depth);
            if (!level.given && level.next != PathTree.NONE && level.snapshot != null) {
                tasks.add(
                        new LayerTasks.Task(level.path, depth, level.snapshot, level.offset, level.next, level.child));
                level.given = true;
                return;
            }
        }
    }

    /** Follows the machine until it ends, breaks an invariant or meets a known state. True if arrivals were noted. */
    private boolean explore(int path) {
        int done = resume(path);
        if (path < search.lowest.get()) {
            search.lowest.accumulateAndGet(path, Math::min);
        }
        noted = 0;
        stretch.begin();
        lastInstruction = core.retired + search.maxInstructions();
        lastCycle = core.clock.now + search.maxCycles();
        int offset = 0;
        int most = FIRST_STRETCH;
        boolean isNew;
        do {
            stretch.run(most);
            int visited = visit(path, offset, done);
            offset += visited;
            isNew = visited == stretch.length();
            most = Math.min(2 * most, Lookahead.LONGEST);
            if (offset >>> LONG_BITS != offset - visited >>> LONG_BITS) {
                search.lookAt(path, offset);
            }
        } while (isNew && !isOver(path, offset));
        search.transitions.addAndGet(Math.max(offset - done, 0));
        search.frontier.addAndGet(noted);
        tree.firstChild(path, firstChild);
        suspend(path, Math.max(offset, done));
        return firstChild != PathTree.NONE;
    }

    /** Finds the end of the list of children; answers how many of the path's boundaries have been visited already. */
    private int resume(int path) {
        Integer done = search.unfinished.remove(path);
        firstChild = done == null ? PathTree.NONE : tree.firstChild(path);
        lastChild = firstChild;
        while (lastChild != PathTree.NONE && tree.next(lastChild) != PathTree.NONE) {
            lastChild = tree.next(lastChild);
        }
        return done == null ? 0 : done;
    }

    /** Remembers where a path was left whose end was not reached because the search stops. */
    private void suspend(int path, int visited) {
        if (visited > 0 && tree.end(path) == PathTree.NONE) {
            search.unfinished.put(path, visited);
        }
    }

    /**
     * Visits the boundaries of a stretch and notes their arrivals; answers how many there are up to the first state that is
     * known.
     *
     * @param done boundaries of the path that an earlier search has visited
     */
    private int visit(int path, int offset, int done) {
        visitor.enter();
        try {
            stretch.prefetch(visitor);
            for (int state = 0; state < stretch.kept(); state++) {
                int place = offset + stretch.offset(state);
                if (place >= done) {
                    if (!isNew(path, place, state)) {
                        return stretch.offset(state);
                    }
                    countArrivals(stretch.arrivals(state));
                    noteArrivals(path, place, stretch.newArrivals(visitor, state));
                }
            }
            return stretch.length();
        } finally {
            visitor.leave(); // also if memory has run out: others may wait to make the table larger
        }
    }

    private boolean isNew(int path, int offset, int state) {
        if (search.stop() != SearchState.Stop.NONE) {
            return false;
        }
        int owner = stretch.claim(visitor, state, path);
        if (owner == VisitedStates.FULL) {
            search.stop(SearchState.Stop.MEMORY);
        } else if (owner != VisitedStates.NEW) {
            tree.end(path, offset > 0 ? owner : PathTree.ENDED); // with no state of its own it is part of no cycle
        }
        return owner == VisitedStates.NEW;
    }

    /** Whether the path ends where the machine is, and what follows from that. */
    private boolean isOver(int path, int offset) {
        if (walker.hasReadUncompared()) {
            search.mistaken(SearchState.Stop.DEAD_READ, offset);
        }
        if (!deadReads.isEmpty()) {
            search.live.add(deadReads);
            deadReads.clear();
            search.mistaken(SearchState.Stop.DEAD_READ, offset);
        }
        search.stopIfMistaken(offset);
        if (core.timeRead && !search.withTime) {
            search.stop(SearchState.Stop.TIME_READ);
            return true;
        }
        boolean breaks = breaks(path);
        if (stretch.hasEnded()) {
            end(path);
        }
        boolean ends = breaks || stretch.hasEnded();
        if (!ends && (core.retired >= lastInstruction || core.clock.now >= lastCycle)) {
            search.isCut = true;
            search.lookAt(path, offset);
            ends = true;
        }
        if (ends) {
            tree.end(path, PathTree.ENDED);
        }
        return ends;
    }

    private boolean breaks(int path) {
        if (!walker.monitor().hasFound()) {
            return false;
        }
        List<Violation> violations = walker.monitor().violations();
        for (Violation violation : violations) {
            search.found(new Finding(violation, path, violation.retired()));
        }
        return true;
    }

    private void end(int path) {
        if (!walker.monitor().violations().isEmpty()) {
            return;
        }
        Optional<Violation> violation = walker.judgeEnd();
        violation.ifPresent(found -> search.found(new Finding(found, path, found.retired())));
        if (layer == 0 && violation.isEmpty()) {
            search.undisturbed(EndResult.of(walker.machine()));
        }
    }

    private void countArrivals(int kinds) {
        if (kinds != 0) {
            boundaries++;
            arrivals += Integer.bitCount(kinds);
            offered |= kinds;
        }
    }

    private void noteArrivals(int path, int offset, int kinds) {
        for (int left = kinds; left != 0; left &= left - 1) {
            note(path, offset, Integer.numberOfTrailingZeros(left));
        }
    }

    /** Whether the event leads from the state the machine is in to one that was visited. */
    private boolean isKnownNow(EventChoice choice) {
        identity.take();
        if (choice.changesRequests()) {
            return isKnownRequest(choice);
        }
        long eventBits = choice.after(interrupts.bits());
        return visitor.contains(identity.low(eventBits), identity.high(eventBits));
    }

    private boolean isKnownRequest(EventChoice choice) {
        choice.raise();
        identity.take();
        long eventBits = interrupts.bits();
        boolean known = visitor.contains(identity.low(eventBits), identity.high(eventBits));
        choice.withdrawRequest();
        return known;
    }

    private void note(int path, int offset, int kind) {
        int child = paths.add(path, offset, kind);
        if (child == PathTree.NONE) {
            search.stop(SearchState.Stop.PATHS);
            return;
        }
        if (search.exceedsMemory()) {
            search.stop(SearchState.Stop.MEMORY);
        }
        if (lastChild == PathTree.NONE) {
            firstChild = child;
        } else {
            tree.next(lastChild, child);
        }
        lastChild = child;
        noted++;
    }
}
