package io.github.nmi64.explore;

import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.util.List;

/**
 * How to explore. Immutable.
 *
 * @param events kinds of event that may arrive, each once, at least one
 * @param maxEvents layers to explore, from 0; {@link Integer#MAX_VALUE} for a fixpoint
 * @param threads worker threads, from 1
 * @param memoryBytes bytes that visited states and paths may take
 * @param shard which shard of the first layer to explore, from 0
 * @param shards number of shards, from 1
 * @param costs cycle model, which matters only to guests that read the time
 */
public record CheckOptions(
        List<InjectedEvent> events,
        int maxEvents,
        int threads,
        long memoryBytes,
        int shard,
        int shards,
        CostModel costs) {
    /** The most kinds of event. */
    public static final int MAX_KINDS = 16;

    /** @throws IllegalArgumentException if a value is out of its range */
    public CheckOptions {
        events = List.copyOf(events);
        require(!events.isEmpty() && events.size() <= MAX_KINDS, "1 to " + MAX_KINDS + " kinds of event");
        require(maxEvents >= 0, "a bound of 0 or more events");
        require(threads >= 1, "at least one thread");
        require(memoryBytes >= 1 << 20, "at least 1 MiB of memory");
        require(shards >= 1 && shard >= 0 && shard < shards, "a shard below the number of shards");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException("expected " + what);
        }
    }

    /** As it is, with this number of threads. */
    public CheckOptions withThreads(int number) {
        return new CheckOptions(events, maxEvents, number, memoryBytes, shard, shards, costs);
    }

    /** As it is, with a bound on the number of events. */
    public CheckOptions withMaxEvents(int bound) {
        return new CheckOptions(events, bound, threads, memoryBytes, shard, shards, costs);
    }

    /** The same for one shard of the work, from 0. */
    public CheckOptions withShard(int one, int of) {
        return new CheckOptions(events, maxEvents, threads, memoryBytes, one, of, costs);
    }
}
