package io.github.nmi64.explore;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.run.Livelock;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The invariant {@code progress}: without a new event the machine does not come back to a state while a program is
 * interrupted. A path runs into one other path, so a cycle of states is a cycle of paths.
 */
final class Livelocks {
    private final SearchState search;
    private final PathTree tree;

    Livelocks(SearchState search) {
        this.search = search;
        this.tree = search.tree;
    }

    /** Judges the paths explored in a layer that have run into others; findings go to the search. */
    void judge() {
        for (int path = search.lowest.get(); path < tree.bound(); path++) {
            if (tree.end(path) >= 0) {
                judge(path);
            }
        }
    }

    private void judge(int path) {
        List<Integer> walk = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        int at = path;
        while (at >= 0 && seen.add(at)) {
            walk.add(at);
            at = tree.end(at);
        }
        if (at >= 0) {
            violation(at).ifPresent(found -> search.found(new Finding(found, path, found.retired())));
        }
        walk.forEach(end -> tree.end(end, PathTree.ENDED)); // judged once
    }

    /** Walks around the cycle the path ends in. */
    private Optional<Violation> violation(int path) {
        Walker walker = new Walker(search, TraceSink.NONE);
        EventPath.of(tree, path).follow(walker);
        Map<Fingerprint, Long> visits = new HashMap<>();
        List<Boolean> undisturbed = new ArrayList<>();
        for (long step = 0; ; step++) {
            Long before = visits.putIfAbsent(Fingerprint.of(walker), step);
            if (before != null) {
                boolean idles =
                        undisturbed.subList((int) (long) before, (int) step).contains(true);
                // A program that ends if nothing interrupts it has no loop of its own to stay in.
                boolean mayStay = idles && search.undisturbed() == null;
                return mayStay ? Optional.empty() : Optional.of(describe(walker, step - before, idles));
            }
            undisturbed.add(walker.isUndisturbed());
            if (!walker.step()) {
                return Optional.empty(); // another path's owner was meant: it ends after all
            }
        }
    }

    private Violation describe(Walker walker, long period, boolean idles) {
        String why = idles ? "without events the program ends" : Livelock.NOBODY_RESUMED;
        return Livelock.violation(walker.machine(), search.fixture.image().symbols(), period, why);
    }
}
