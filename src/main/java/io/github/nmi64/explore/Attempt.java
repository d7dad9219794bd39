package io.github.nmi64.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One search, layer by layer, with as many workers as it has threads. Used once. */
final class Attempt {
    private final Search search;
    private final CheckProgress progress;
    private final List<LayerWorker> workers = new ArrayList<>();
    private int layer;
    /** The layer after {@link #layer} has been begun. */
    private boolean isWithin;

    /** Layer 0 is complete. */
    private boolean isBegun;

    private boolean complete;

    Attempt(Search search, CheckProgress progress) {
        this.search = search;
        this.progress = progress;
        progress.start(search.visited.size());
    }

    /** One that goes on where an earlier one stopped. */
    Attempt(Checkpoint from, CheckProgress progress) {
        this(from.search(), progress);
        layer = from.extent().layers();
        isWithin = from.extent().isWithin();
        isBegun = true;
    }

    Search search() {
        return search;
    }

    /** Layers explored completely. */
    int layers() {
        return layer;
    }

    /** Events of the paths in the last layer begun. */
    int deepest() {
        return isWithin ? layer + 1 : layer;
    }

    /** What a later search can go on from; null if there is nothing to go on with, or no way. */
    @Nullable
    Checkpoint rest() {
        boolean isLimited = search.stop() == Search.Stop.NONE || search.stop() == Search.Stop.MEMORY;
        if (!isBegun || !isLimited || verdict() != CheckResult.Verdict.BOUNDED) {
            return null;
        }
        return new Checkpoint(search, new Checkpoint.Extent(layer, isWithin));
    }

    void run() {
        int threads = search.options.threads();
        ExecutorService pool = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "nmi64-check");
            thread.setDaemon(true);
            return thread;
        });
        try {
            IntStream.range(0, threads).forEach(i -> workers.add(new LayerWorker(search)));
            explore(pool);
        } finally {
            pool.shutdownNow();
        }
    }

    private void explore(ExecutorService pool) {
        progress.begin(search, layer);
        if (!isBegun) {
            begin();
        }
        boolean ended = search.frontier.get() == 0 && !isWithin;
        while (search.stop() == Search.Stop.NONE && search.findings().isEmpty()) {
            if (ended) {
                complete = true;
                return;
            }
            if (layer >= search.options.maxEvents()) {
                return;
            }
            if (!isWithin) {
                search.frontier.set(0);
                isWithin = true;
            }
            progress.begin(search, layer + 1);
            exploreLayer(pool);
            if (search.stop() != Search.Stop.NONE) {
                return;
            }
            layer++;
            isWithin = false;
            new Livelocks(search).judge();
            ended = search.frontier.get() == 0;
        }
    }

    private void begin() {
        workers.get(0).exploreFirst();
        if (search.stop() == Search.Stop.NONE) {
            new Livelocks(search).judge();
            search.frontier.set(keepShard());
            isBegun = true;
        }
    }

    private void exploreLayer(ExecutorService pool) {
        LayerTasks tasks = new LayerTasks(workers.size());
        tasks.add(new LayerTasks.Task(
                PathTree.FIRST,
                0,
                workers.get(0).reset(),
                0,
                search.tree.firstChild(PathTree.FIRST),
                PathTree.NONE,
                false));
        List<Future<?>> running = new ArrayList<>();
        int number = layer + 1;
        for (LayerWorker worker : workers) {
            running.add(pool.submit(() -> worker.exploreLayer(number, tasks)));
        }
        running.forEach(Attempt::await);
    }

    /** Leaves of the first path's arrivals those of this shard; answers how many. */
    private int keepShard() {
        PathTree tree = search.tree;
        int previous = PathTree.NONE;
        int index = 0;
        int kept = 0;
        for (int child = tree.firstChild(PathTree.FIRST); child != PathTree.NONE; child = tree.next(child)) {
            if (index++ % search.options.shards() == search.options.shard()) {
                link(previous, child);
                previous = child;
                kept++;
            }
        }
        link(previous, PathTree.NONE);
        return kept;
    }

    /** Makes a path the next of the first path's children, or the first of them. */
    private void link(int previous, int child) {
        if (previous == PathTree.NONE) {
            search.tree.firstChild(PathTree.FIRST, child);
        } else {
            search.tree.next(previous, child);
        }
    }

    CheckResult.Verdict verdict() {
        if (!search.findings().isEmpty()) {
            return CheckResult.Verdict.VIOLATED;
        }
        return complete ? CheckResult.Verdict.PROVED : CheckResult.Verdict.BOUNDED;
    }

    /** What ended a bounded search. */
    CheckResult.Limit limit() {
        if (verdict() != CheckResult.Verdict.BOUNDED) {
            return CheckResult.Limit.NONE;
        }
        return switch (search.stop()) {
            case MEMORY -> CheckResult.Limit.MEMORY;
            case PATHS -> CheckResult.Limit.PATHS;
            default -> CheckResult.Limit.EVENTS;
        };
    }

    String reason() {
        if (verdict() != CheckResult.Verdict.BOUNDED) {
            return "";
        }
        return switch (search.stop()) {
            case MEMORY ->
                "the memory allowed (" + (search.options.memoryBytes() >>> 20) + " MiB) was used up in layer "
                        + (isBegun ? layer + 1 : 0) + "; allow more with --memory"
                        + (isBegun ? " (--save and --resume of 'check' keep what was found)" : "");
            case PATHS -> "there are more paths than can be numbered; explore parts with --shard";
            default -> "the bound of " + layer + (layer == 1 ? " event" : " events") + " was reached";
        };
    }

    private static void await(Future<?> work) {
        try {
            work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the exploration was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a worker of the exploration failed", e.getCause());
        }
    }
}
