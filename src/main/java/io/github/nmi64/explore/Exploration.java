package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Decides whether an invariant of a fixture can break, whenever and however often events arrive.
 *
 * <p>At every boundary of the fixture's window an event may be asserted or not; between two assertions the machine is
 * deterministic. States are explored in layers by the number of events, so the first counterexample has the fewest. When a
 * layer finds no arrival that leads to a new state, every state that any number of events can reach has been visited.
 */
public final class Exploration {
    private final Fixture fixture;
    private final CheckOptions options;
    private final CheckProgress progress;
    private final LiveWords live = new LiveWords();
    private boolean withTime;

    /** @param progress is kept up to date while {@link #run} works */
    public Exploration(Fixture fixture, CheckOptions options, CheckProgress progress) {
        this.fixture = fixture;
        this.options = options;
        this.progress = progress;
    }

    /**
     * Explores.
     *
     * @throws io.github.nmi64.machine.ImageException if the image does not fit into the machine
     */
    public CheckResult run() {
        Attempt attempt = attempt(options);
        // Which path reaches a state first depends on the threads; what is printed must not.
        List<Finding> findings = attempt.search.findings();
        Attempt told = findings.isEmpty() || options.threads() == 1
                ? attempt
                : attempt(options.withThreads(1).withMaxEvents(attempt.layer));
        List<Counterexample> examples = told.search.findings().stream()
                .map(finding -> new Retelling(told.search, finding).counterexample())
                .toList();
        return new CheckResult(
                attempt.verdict(),
                attempt.reason(),
                options.events(),
                attempt.layer,
                attempt.search.visited.size(),
                attempt.search.transitions.get(),
                attempt.search.visited.bytes() + attempt.search.tree.bytes(),
                examples,
                liveWords(),
                withTime,
                examples.isEmpty() ? new Storm(attempt.search).text() : "");
    }

    /** Searches until no byte that was taken for dead is read. */
    private Attempt attempt(CheckOptions with) {
        while (true) {
            Attempt attempt = new Attempt(new Search(fixture, with, live, withTime));
            attempt.run();
            Search.Stop stop = attempt.search.stop();
            withTime |= stop == Search.Stop.TIME_READ;
            if (stop == Search.Stop.NONE || stop == Search.Stop.MEMORY) {
                return attempt;
            }
        }
    }

    /** One search, layer by layer. */
    private final class Attempt {
        private final Search search;
        private final List<LayerWorker> workers = new ArrayList<>();
        private int layer;
        private boolean complete;

        Attempt(Search search) {
            this.search = search;
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
            progress.begin(search, 0);
            int first = workers.get(0).exploreFirst();
            judgeProgress();
            keepShard(first);
            boolean ended = search.tree.firstChild(first) == PathTree.NONE;
            while (search.stop() == Search.Stop.NONE && search.findings().isEmpty()) {
                if (ended) {
                    complete = true;
                    return;
                }
                if (layer == search.options.maxEvents()) {
                    return;
                }
                search.frontier.set(0);
                progress.begin(search, layer + 1);
                exploreLayer(pool, first);
                if (search.stop() != Search.Stop.NONE) {
                    return;
                }
                layer++;
                judgeProgress();
                ended = search.frontier.get() == 0;
            }
        }

        private void exploreLayer(ExecutorService pool, int first) {
            LayerTasks tasks = new LayerTasks(workers.size());
            tasks.add(new LayerTasks.Task(
                    first, 0, workers.get(0).reset(), 0, search.tree.firstChild(first), PathTree.NONE, false));
            List<Future<?>> running = new ArrayList<>();
            int number = layer + 1;
            for (LayerWorker worker : workers) {
                running.add(pool.submit(() -> worker.exploreLayer(number, tasks)));
            }
            running.forEach(Exploration::await);
        }

        /** Leaves of the first path's arrivals those of this shard. */
        private void keepShard(int first) {
            PathTree tree = search.tree;
            int previous = PathTree.NONE;
            int index = 0;
            for (int child = tree.firstChild(first); child != PathTree.NONE; child = tree.next(child)) {
                if (index++ % search.options.shards() != search.options.shard()) {
                    continue;
                }
                if (previous == PathTree.NONE) {
                    tree.firstChild(first, child);
                } else {
                    tree.next(previous, child);
                }
                previous = child;
            }
            if (previous == PathTree.NONE) {
                tree.firstChild(first, PathTree.NONE);
            } else {
                tree.next(previous, PathTree.NONE);
            }
        }

        private void judgeProgress() {
            if (search.stop() == Search.Stop.NONE) {
                Livelocks livelocks = new Livelocks(search);
                workers.forEach(worker -> livelocks.judge(worker.merged()));
            }
        }

        CheckResult.Verdict verdict() {
            if (!search.findings().isEmpty()) {
                return CheckResult.Verdict.VIOLATED;
            }
            return complete ? CheckResult.Verdict.PROVED : CheckResult.Verdict.BOUNDED;
        }

        String reason() {
            if (verdict() != CheckResult.Verdict.BOUNDED) {
                return "";
            }
            return search.stop() == Search.Stop.MEMORY
                    ? "the memory allowed (" + (search.options.memoryBytes() >>> 20) + " MiB) was used up in layer "
                            + (layer + 1) + "; allow more with --memory"
                    : "the bound of " + layer + " events was reached";
        }
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

    private List<String> liveWords() {
        Walker walker = new Walker(new Search(fixture, options, live, withTime), TraceSink.NONE);
        List<Region> stacks = new ArrayList<>(fixture.directives().check().stacks());
        Landmarks landmarks = fixture.directives().landmarks();
        landmarks.istStack().ifPresent(stacks::add);
        List<String> names = new ArrayList<>();
        for (Region stack : stacks) {
            for (long at = stack.start() & -8; at - stack.end() < 0; at += 8) {
                long linear = at;
                walker.machine().translate(at).stream()
                        .filter(live.words()::contains)
                        .forEach(physical -> names.add(StackPlace.of(fixture, linear)));
            }
        }
        return names;
    }
}
