package io.github.nmi64.explore;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the paths of a layer begin that have children, if they are few: the next layer then starts from there. Else it goes
 * down from the first path, which takes time but no memory. A handler that counts gives a few paths in each of thousands of
 * layers, and to go down to them each time would take the square of their number. Safe for use by several threads.
 */
final class Starts {
    /** The most arrivals of a layer whose begins are kept. */
    static final int MOST = 256;

    private final List<LayerTasks.Task> tasks = new ArrayList<>();
    private final PathTree tree;
    private final int layer;

    Starts(PathTree tree, int layer) {
        this.tree = tree;
        this.layer = layer;
    }

    /** Keeps the begin of a path that has been explored. */
    synchronized void add(int path, Walker.Snapshot snapshot) {
        tasks.add(LayerTasks.begin(tree, path, layer, snapshot));
    }

    /** Work for the next layer. */
    synchronized List<LayerTasks.Task> tasks() {
        return List.copyOf(tasks);
    }
}
