package io.github.nmi64.explore;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The work of a layer, shared by its workers: a worker that has nothing to do is given part of another's. */
final class LayerTasks {
    /**
     * Children of a path to go down, one after the other.
     *
     * @param depth number of the path's events
     * @param snapshot a boundary on the path before the first of these children's
     * @param offset steps from the path's begin to that boundary
     * @param child the first child
     * @param previous the child before it, {@link PathTree#NONE} if there is none
     */
    record Task(int path, int depth, Walker.Snapshot snapshot, int offset, int child, int previous) {}

    /** Work to begin with: all children of a path from its begin on. */
    static Task begin(PathTree tree, int path, int depth, Walker.Snapshot snapshot) {
        return new Task(path, depth, snapshot, 0, tree.firstChild(path), PathTree.NONE);
    }

    private final Deque<Task> waiting = new ArrayDeque<>();
    private final int workers;
    private int idle;
    private boolean isAbandoned;
    private volatile boolean hasIdle;

    LayerTasks(int workers) {
        this.workers = workers;
    }

    /** True if a worker waits for work. */
    boolean hasIdleWorkers() {
        return hasIdle;
    }

    /** Adds work. */
    synchronized void add(Task task) {
        waiting.add(task);
        hasIdle = idle > waiting.size();
        notifyAll();
    }

    /** A worker will neither ask for work again nor add any. */
    synchronized void abandon() {
        isAbandoned = true;
        notifyAll();
    }

    /** The next piece of work, or null when all workers are done. */
    synchronized @Nullable Task next() {
        idle++;
        while (waiting.isEmpty()) {
            if (idle == workers || isAbandoned) {
                notifyAll();
                return null;
            }
            hasIdle = true;
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the exploration was interrupted", e);
            }
        }
        idle--;
        Task task = waiting.remove();
        hasIdle = idle > waiting.size();
        return task;
    }
}
