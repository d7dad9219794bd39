package io.github.nmi64.explore;

import org.jspecify.annotations.Nullable;

/** How far an exploration is, for whoever watches from another thread. */
public final class CheckProgress {
    private volatile @Nullable SearchState search;
    private volatile int layer;
    private volatile long before;
    private SearchState.Stop asked = SearchState.Stop.NONE;

    /** The time somebody allowed is over: ends the exploration soon, from another thread. What was found so far stands. */
    public void timeIsOver() {
        stop(SearchState.Stop.TIME);
    }

    /** Somebody wants it to end: as {@link #timeIsOver}. */
    public void interrupt() {
        stop(SearchState.Stop.INTERRUPTED);
    }

    /** Of several reasons the first counts; a search that is begun anew is stopped as well. */
    private synchronized void stop(SearchState.Stop reason) {
        if (asked == SearchState.Stop.NONE) {
            asked = reason;
        }
        SearchState current = search;
        if (current != null) {
            current.stop(asked);
        }
    }

    /** A search begins that has visited so many states before. */
    void start(long states) {
        before = states;
    }

    synchronized void begin(SearchState current, int number) {
        search = current;
        layer = number;
        if (asked != SearchState.Stop.NONE) {
            current.stop(asked);
        }
    }

    /** The layer in progress: the number of events of its paths. */
    public int layer() {
        return layer;
    }

    /** States visited so far. */
    public long states() {
        SearchState current = search;
        return current == null ? 0 : current.visited.size();
    }

    /** States visited so far, without those of an earlier search that this one goes on from. */
    public long newStates() {
        return states() - before;
    }

    /** Arrivals noted so far for the next layer. */
    public long frontier() {
        SearchState current = search;
        return current == null ? 0 : current.frontier.get();
    }

    /** What keeps the search from an end, as far as that is known; else empty. */
    public String growth() {
        SearchState current = search;
        return current == null ? "" : current.growth();
    }

    /** Bytes in use for states and paths. */
    public long memoryBytes() {
        SearchState current = search;
        return current == null ? 0 : current.visited.bytes() + current.tree.bytes();
    }
}
