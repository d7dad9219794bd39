package io.github.nmi64.explore;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Explores the children of each path from the last to the first. For a search with one thread. */
final class BackwardsWorker extends LayerWorker {
    private final SearchState search;
    private final Deque<LayerTasks.Task> later = new ArrayDeque<>();
    /** Its first child alone is meant, until that child is met. */
    private LayerTasks.@Nullable Task now;

    private int putOff;

    BackwardsWorker(SearchState search) {
        super(search);
        this.search = search;
    }

    /** Puts all children off, then takes them from the last on; each may put off children of its own. */
    @Override
    void goDown(LayerTasks.Task task) {
        super.goDown(task);
        while (!later.isEmpty()) {
            now = later.pop();
            if (search.stop() == SearchState.Stop.NONE) {
                super.goDown(now);
            }
        }
        now = null;
    }

    @Override
    boolean isPutOff(int depth, Level level) {
        if (now != null && now.path() == level.path && now.child() == level.child) {
            now = null;
            level.given = true; // the others are put off as well
            return false;
        }
        later.push(new LayerTasks.Task(
                level.path, depth, requireNonNull(level.snapshot), level.offset, level.child, level.previous));
        putOff++;
        return true;
    }

    /** How many children were put off, to prove that it went another way. */
    int putOff() {
        return putOff;
    }
}
