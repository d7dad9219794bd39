package io.github.nmi64.explore;

import org.jspecify.annotations.Nullable;

/** How far an exploration is, for whoever watches from another thread. */
public final class CheckProgress {
    private volatile @Nullable Search search;
    private volatile int layer;
    private volatile long before;
    private Search.Stop asked = Search.Stop.NONE;

    /** The time somebody allowed is over: ends the exploration soon, from another thread. What was found so far stands. */
    public void timeIsOver() {
        stop(Search.Stop.TIME);
    }

    /** Somebody wants it to end: as {@link #timeIsOver}. */
    public void interrupt() {
        stop(Search.Stop.INTERRUPTED);
    }

    /** Of several reasons the first counts; a search that is begun anew is stopped as well. */
    private synchronized void stop(Search.Stop reason) {
        if (asked == Search.Stop.NONE) {
            asked = reason;
        }
        Search current = search;
        if (current != null) {
            current.stop(asked);
        }
    }

    /** A search begins that has visited so many states before. */
    void start(long states) {
        before = states;
    }

    synchronized void begin(Search current, int number) {
        search = current;
        layer = number;
        if (asked != Search.Stop.NONE) {
            current.stop(asked);
        }
    }

    /** The layer in progress: the number of events of its paths. */
    public int layer() {
        return layer;
    }

    /** States visited so far. */
    public long states() {
        Search current = search;
        return current == null ? 0 : current.visited.size();
    }

    /** States visited so far, without those of an earlier search that this one goes on from. */
    public long newStates() {
        return states() - before;
    }

    /** Arrivals noted so far for the next layer. */
    public long frontier() {
        Search current = search;
        return current == null ? 0 : current.frontier.get();
    }

    /** What keeps the search from an end, as far as that is known; else empty. */
    public String growth() {
        Search current = search;
        return current == null ? "" : current.growth();
    }

    /** Bytes in use for states and paths. */
    public long memoryBytes() {
        Search current = search;
        return current == null ? 0 : current.visited.bytes() + current.tree.bytes();
    }
}
