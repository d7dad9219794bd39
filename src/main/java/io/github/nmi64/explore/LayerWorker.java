package io.github.nmi64.explore;

import io.github.nmi64.core.Core;
import io.github.nmi64.machine.EndResult;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.monitor.Violation;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Explores the paths of one layer that begin on some of the first path's arrivals. A layer's paths have one event more than
 * the layer's before; they are found by running the older paths again up to each arrival that was noted on them.
 */
final class LayerWorker {
    private static final int NO_OFFSET = -1;

    private final Search search;
    private final PathTree tree;
    private final VisitedStates visited;
    private final PathTree.Writer paths;
    private final Walker walker;
    private final StateIdentity identity;
    private final InterruptState interrupts;
    private final PhysicalMemory memory;
    private final Core core;
    private final Walker.Position reset;
    private final boolean[] covered;
    private final List<Integer> merged = new ArrayList<>();
    private int layer;
    private int firstChild;
    private int lastChild;

    LayerWorker(Search search) {
        this.search = search;
        this.tree = search.tree;
        this.visited = search.visited;
        this.paths = tree.new Writer();
        this.walker = new Walker(search, TraceSink.NONE);
        this.identity = walker.identity();
        this.interrupts = walker.machine().state().interrupts;
        this.memory = walker.machine().memory();
        this.core = walker.machine().core();
        this.covered = new boolean[walker.choices()];
        this.reset = walker.position();
    }

    /** Paths of the layer that visited a state of their own and then ran into another path. */
    List<Integer> merged() {
        return merged;
    }

    /** Explores the path that nothing interrupts; answers its number. */
    int exploreFirst() {
        layer = 0;
        merged.clear();
        walker.restore(reset);
        int first = paths.add(PathTree.NONE, 0, 0);
        explore(first);
        return first;
    }

    /**
     * Explores the layer's paths that descend from arrivals on the first path, as many as other workers leave.
     *
     * @param arrivals paths that begin on the first path, in the order of their offsets
     * @param alive set to whether an arrival has paths to explore in the next layer
     */
    void exploreLayer(int number, int[] arrivals, boolean[] alive, AtomicInteger nextArrival) {
        layer = number;
        merged.clear();
        walker.restore(reset);
        int at = 0;
        for (int i = nextArrival.getAndIncrement(); i < arrivals.length; i = nextArrival.getAndIncrement()) {
            int path = arrivals[i];
            walker.advance(tree.offset(path) - at);
            at = tree.offset(path);
            Walker.Position here = walker.position();
            alive[i] = begin(path, 1);
            walker.restore(here);
            if (search.stop() != Search.Stop.NONE) {
                return;
            }
        }
    }

    /** Asserts a path's event and goes down; false at once if that leads to a state visited before. */
    private boolean begin(int path, int depth) {
        Choice choice = walker.choice(tree.kind(path));
        if (depth == layer) {
            identity.take();
            if (isKnown(choice)) {
                return false;
            }
        }
        choice.raise();
        return descend(path, depth);
    }

    /** The machine is where {@code path} begins. True if the path has descendants to explore in the next layer. */
    private boolean descend(int path, int depth) {
        if (depth == layer) {
            return explore(path);
        }
        int at = 0;
        int previous = PathTree.NONE;
        int positionAt = NO_OFFSET;
        Walker.@Nullable Position here = null;
        for (int child = tree.firstChild(path); child != PathTree.NONE; ) {
            int next = tree.next(child);
            if (here != null) {
                walker.restore(here);
            }
            int offset = tree.offset(child);
            walker.advance(offset - at);
            at = offset;
            if (positionAt != offset) {
                here = walker.position();
                positionAt = offset;
            }
            boolean isAlive = begin(child, depth + 1);
            if (search.stop() != Search.Stop.NONE) {
                return true;
            }
            if (isAlive) {
                previous = child;
            } else if (previous == PathTree.NONE) {
                tree.firstChild(path, next);
            } else {
                tree.next(previous, next);
            }
            child = next;
        }
        return previous != PathTree.NONE;
    }

    /** Follows the machine until it ends, breaks an invariant or meets a known state. True if arrivals were noted. */
    private boolean explore(int path) {
        firstChild = PathTree.NONE;
        lastChild = PathTree.NONE;
        int offset = 0;
        while (visit(path, offset)) {
            noteArrivals(path, offset);
            boolean goesOn = walker.step();
            offset++;
            if (memory.deadRead() >= 0) {
                search.live.add(memory.deadRead());
                search.stop(Search.Stop.DEAD_READ);
                break;
            }
            if (core.timeRead && !search.withTime) {
                search.stop(Search.Stop.TIME_READ);
                break;
            }
            if (breaks(path) || !goesOn) {
                if (!goesOn) {
                    end(path);
                }
                tree.end(path, PathTree.ENDED);
                break;
            }
        }
        search.transitions.addAndGet(offset);
        tree.firstChild(path, firstChild);
        return firstChild != PathTree.NONE;
    }

    /** True if the state is new. */
    private boolean visit(int path, int offset) {
        identity.take();
        long word = interrupts.word();
        int owner = visited.claim(identity.low(word), identity.high(word), path);
        if (owner == VisitedStates.NEW) {
            return search.stop() == Search.Stop.NONE;
        }
        if (owner == VisitedStates.FULL) {
            search.stop(Search.Stop.MEMORY);
            return false;
        }
        tree.end(path, owner);
        if (offset > 0) {
            merged.add(path);
        }
        return false;
    }

    private boolean breaks(int path) {
        List<Violation> violations = walker.monitor().violations();
        for (Violation violation : violations) {
            search.found(new Finding(violation, path, violation.step()));
        }
        return !violations.isEmpty();
    }

    private void end(int path) {
        if (!walker.monitor().violations().isEmpty()) {
            return;
        }
        Optional<Violation> violation = walker.judgeEnd(search);
        violation.ifPresent(found -> search.found(new Finding(found, path, found.step())));
        if (layer == 0 && violation.isEmpty()) {
            search.undisturbed(EndResult.of(walker.machine()));
        }
    }

    /** Notes each event whose arrival at this boundary leads to a state not visited. The identity is that of the state. */
    private void noteArrivals(int path, int offset) {
        boolean open = walker.monitor().isOpen();
        for (int kind = 0; kind < covered.length; kind++) {
            Choice choice = walker.choice(kind);
            boolean held = open && choice.isHeld();
            boolean repeats = held && covered[kind] && offset > 0;
            covered[kind] = held;
            if (open && !repeats && choice.isPossible() && !isKnown(choice)) {
                note(path, offset, kind);
            }
        }
    }

    /** Whether the event leads from the state whose identity was taken last to one that was visited. */
    private boolean isKnown(Choice choice) {
        if (choice.changesRequests()) {
            return isKnownRequest(choice);
        }
        long word = choice.after(interrupts.word());
        return visited.contains(identity.low(word), identity.high(word));
    }

    private boolean isKnownRequest(Choice choice) {
        choice.raise();
        identity.take();
        long word = interrupts.word();
        boolean known = visited.contains(identity.low(word), identity.high(word));
        choice.withdrawRequest();
        identity.take();
        return known;
    }

    private void note(int path, int offset, int kind) {
        int child = paths.add(path, offset, kind);
        if (child == PathTree.NONE || search.exceedsMemory()) {
            search.stop(Search.Stop.MEMORY);
            return;
        }
        if (lastChild == PathTree.NONE) {
            firstChild = child;
        } else {
            tree.next(lastChild, child);
        }
        lastChild = child;
        search.frontier.incrementAndGet();
    }
}
