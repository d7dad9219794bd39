package io.github.nmi64.explore;

import io.github.nmi64.schedule.InjectedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One search, layer by layer, with as many workers as it has threads. Used once. */
final class LayeredSearch {
    /** Layers after which a quadword that is still new in each has more than 8 bits. */
    private static final int DEEP = 512;

    private static final int FEW_LAYERS = 16;
    /** About a second's. */
    private static final int MANY_STEPS = 1 << 20;

    private final SearchState search;
    private final CheckProgress progress;
    private final Function<SearchState, LayerWorker> newWorker;
    private final List<LayerWorker> workers = new ArrayList<>();
    private int layer;
    /** The layer after {@link #layer} has been begun. */
    private boolean midLayer;

    /** Layer 0 is complete. */
    private boolean layerZeroDone;

    /** No arrival leads to a state that has not been visited. */
    private boolean fixpoint;

    /** Where the paths of {@link #layer} begin, if they are few. */
    private @Nullable Starts starts;

    /** Number of transitions at which to look for what never repeats. */
    private long look = MANY_STEPS;

    LayeredSearch(SearchState search, CheckProgress progress, Function<SearchState, LayerWorker> workers) {
        this.search = search;
        this.newWorker = workers;
        this.progress = progress;
        progress.start(search.visited.size());
    }

    /** One that goes on where an earlier one stopped. */
    LayeredSearch(Checkpoint from, CheckProgress progress, Function<SearchState, LayerWorker> workers) {
        this(from.search(), progress, workers);
        layer = from.extent().layers();
        midLayer = from.extent().midLayer();
        layerZeroDone = true;
    }

    SearchState search() {
        return search;
    }

    /** Layers explored completely. */
    int layers() {
        return layer;
    }

    /** Events of the paths in the last layer begun. */
    int deepest() {
        return midLayer ? layer + 1 : layer;
    }

    /** What a later search can go on from; null if there is nothing to go on with, or no way. */
    @Nullable
    Checkpoint checkpoint() {
        boolean isLimited =
                switch (search.stop()) {
                    case NONE, MEMORY, TIME, INTERRUPTED, GROWTH -> true;
                    case INSTRUCTIONS, PATHS, TIME_READ, DEAD_READ, FAILURE -> false;
                };
        if (!layerZeroDone || !isLimited || verdict() != CheckResult.Verdict.BOUNDED) {
            return null;
        }
        return new Checkpoint(search, new Checkpoint.Extent(layer, midLayer));
    }

    void run() {
        int threads = search.options.threads();
        ExecutorService pool = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "nmi64-check");
            thread.setDaemon(true);
            return thread;
        });
        try {
            IntStream.range(0, threads).forEach(i -> workers.add(newWorker.apply(search)));
            explore(pool);
        } finally {
            pool.shutdownNow();
        }
    }

    private void explore(ExecutorService pool) {
        progress.begin(search, layer);
        if (!layerZeroDone) {
            begin();
        }
        boolean ended = search.frontier.get() == 0 && !midLayer;
        while (search.stop() == SearchState.Stop.NONE && search.findings().isEmpty()) {
            if (ended) {
                fixpoint = true;
                return;
            }
            if (layer >= search.options.maxEvents()) {
                return;
            }
            boolean areFew = !midLayer && search.frontier.get() <= Starts.MOST;
            if (!midLayer) {
                search.frontier.set(0);
                search.lowest.set(Integer.MAX_VALUE);
                midLayer = true;
            }
            progress.begin(search, layer + 1);
            exploreLayer(pool, areFew);
            search.settle();
            if (search.stop() != SearchState.Stop.NONE) {
                return;
            }
            new Livelocks(search).judge();
            if (search.isCut && search.findings().isEmpty()) {
                search.stop(SearchState.Stop.INSTRUCTIONS);
                return;
            }
            layer++;
            midLayer = false;
            ended = search.frontier.get() == 0;
            if (!ended && search.findings().isEmpty()) {
                lookForGrowth();
            }
        }
    }

    private void begin() {
        workers.get(0).exploreFirst();
        search.settle();
        if (search.stop() != SearchState.Stop.NONE) {
            return;
        }
        new Livelocks(search).judge();
        if (search.findings().isEmpty()) {
            mustOfferSomething();
        }
        search.frontier.set(keepShard());
        if (search.isCut) {
            search.stop(SearchState.Stop.INSTRUCTIONS);
        } else {
            layerZeroDone = true;
        }
    }

    /** @throws NothingToExploreException if no event can arrive anywhere in the run without events */
    private void mustOfferSomething() {
        if (search.offered.get() != 0) {
            return;
        }
        String kinds = search.options.events().stream().map(InjectedEvent::text).collect(Collectors.joining(", "));
        if (!search.hasOpened) {
            throw new NothingToExploreException(search.fixture.name() + ": nothing to explore: the run"
                    + (search.isCut ? ", followed for " + search.maxInstructions() + " instructions," : "")
                    + " never reaches the START of directive 'window'; name an instruction that executes");
        }
        throw new NothingToExploreException(search.fixture.name() + ": nothing to explore: " + kinds
                + " cannot arrive at any boundary of the window; see 'window', 'check-region' and --events");
    }

    /** Learns what never repeats once a search has taken many layers and about a second, or very many layers. */
    private void lookForGrowth() {
        boolean isDeep = layer >= DEEP && Integer.bitCount(layer) == 1;
        boolean isLong = layer >= FEW_LAYERS && search.transitions.get() >= look;
        if (!isDeep && !isLong) {
            return;
        }
        look = 2 * search.transitions.get();
        Growth.betweenEvents(search, deepestPath()).ifPresent(text -> {
            search.growth(text);
            if (isDeep && search.options.maxEvents() == Integer.MAX_VALUE) {
                search.stop(SearchState.Stop.GROWTH);
            }
        });
    }

    /** A path that goes on in the next layer. */
    private int deepestPath() {
        if (starts != null) {
            return starts.tasks().get(0).path();
        }
        int path = search.tree.bound() - 1;
        while (search.tree.end(path) == PathTree.NONE || search.tree.firstChild(path) == PathTree.NONE) {
            path--;
        }
        return path;
    }

    private void exploreLayer(ExecutorService pool, boolean areFew) {
        LayerTasks tasks = new LayerTasks(workers.size());
        if (starts == null) {
            tasks.add(LayerTasks.begin(
                    search.tree, PathTree.FIRST, 0, workers.get(0).reset()));
        } else {
            starts.tasks().forEach(tasks::add);
        }
        Starts next = areFew ? new Starts(search.tree, layer + 1) : null;
        starts = next;
        List<Future<?>> running = new ArrayList<>();
        int number = layer + 1;
        for (LayerWorker worker : workers) {
            running.add(pool.submit(() -> worker.exploreLayer(number, tasks, next)));
        }
        running.forEach(LayeredSearch::await);
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
        return fixpoint ? CheckResult.Verdict.PROVED : CheckResult.Verdict.BOUNDED;
    }

    /** What ended a bounded search. */
    CheckResult.Limit limit() {
        if (verdict() != CheckResult.Verdict.BOUNDED) {
            return CheckResult.Limit.NONE;
        }
        return switch (search.stop()) {
            case MEMORY -> CheckResult.Limit.MEMORY;
            case PATHS -> CheckResult.Limit.PATHS;
            case INSTRUCTIONS -> CheckResult.Limit.INSTRUCTIONS;
            case GROWTH -> CheckResult.Limit.GROWTH;
            case TIME -> CheckResult.Limit.TIME;
            case INTERRUPTED -> CheckResult.Limit.INTERRUPTED;
            default -> CheckResult.Limit.EVENTS;
        };
    }

    String reason() {
        if (verdict() != CheckResult.Verdict.BOUNDED) {
            return "";
        }
        return why() + (search.growth().isEmpty() ? "" : "; " + search.growth());
    }

    private String why() {
        return switch (search.stop()) {
            case MEMORY ->
                "the memory for states (" + (search.options.memoryBytes() >>> 20) + " MiB) was used up in layer "
                        + (layerZeroDone ? layer + 1 : 0) + "; raise --memory"
                        + (layerZeroDone ? " ('check --save' and --resume continue the search)" : "");
            case PATHS -> "there are too many paths; split the search with --shard";
            case INSTRUCTIONS ->
                "a run " + (layerZeroDone ? "with " + events(layer + 1) : "without events")
                        + " does not end within " + search.maxInstructions() + " instructions or " + search.maxCycles()
                        + " cycles; set 'max-instructions' or 'max-cycles' if it needs more";
            case GROWTH ->
                "every further event still leads to new states after " + events(layer)
                        + "; set a bound with --max-events to continue anyway";
            case TIME -> "the time limit was reached in layer " + (layerZeroDone ? layer + 1 : 0);
            case INTERRUPTED -> "interrupted in layer " + (layerZeroDone ? layer + 1 : 0);
            default -> "the bound of " + events(layer) + " was reached";
        };
    }

    private static String events(int number) {
        return number + (number == 1 ? " event" : " events");
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
