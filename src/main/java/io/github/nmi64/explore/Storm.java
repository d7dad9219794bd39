package io.github.nmi64.explore;

import io.github.nmi64.trace.TraceSink;
import java.util.HashMap;
import java.util.Map;

/** An event at every boundary where it is not pending already. Told apart from the verdict: no entry code can prevent it. */
final class Storm {
    private static final int MOST_STEPS = 20_000;

    private final SearchState search;

    Storm(SearchState search) {
        this.search = search;
    }

    /** What the storm does to the program, in a few words. */
    String text() {
        Walker walker = new Walker(search, TraceSink.NONE);
        EventChoice event = walker.choice(0);
        Map<Fingerprint, Integer> visits = new HashMap<>();
        for (int step = 0; step < MOST_STEPS; step++) {
            Integer before = visits.putIfAbsent(Fingerprint.of(walker), step);
            if (before != null && walker.monitor().isOpen()) {
                return "livelock: " + (step - before) + " boundaries repeat from boundary " + before + " on";
            }
            if (walker.monitor().isOpen() && event.isPossible()) {
                event.raise();
            }
            if (!walker.step()) {
                return "the program ends after " + step + " boundaries";
            }
        }
        return "undecided after " + MOST_STEPS + " boundaries";
    }
}
