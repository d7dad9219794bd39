package io.github.nmi64.explore;

import io.github.nmi64.schedule.EventKind;
import java.util.List;

/**
 * What an exploration came to.
 *
 * @param reason why a bounded verdict is bounded, empty otherwise
 * @param events kinds of event that could arrive
 * @param layers events of the last layer explored completely
 * @param states states visited
 * @param transitions steps made from a state to the next
 * @param memoryBytes bytes that states and paths took
 * @param counterexamples how invariants break with the fewest events, the shortest first; each about something else
 * @param liveWords stack words that seemed dead and were read again, by name
 * @param withTime whether the clock was part of the state because the guest reads it
 * @param storm what happens when an event arrives at every boundary
 */
public record CheckResult(
        Verdict verdict,
        String reason,
        List<EventKind> events,
        int layers,
        long states,
        long transitions,
        long memoryBytes,
        List<Counterexample> counterexamples,
        List<String> liveWords,
        boolean withTime,
        String storm) {
    public CheckResult {
        events = List.copyOf(events);
        counterexamples = List.copyOf(counterexamples);
        liveWords = List.copyOf(liveWords);
    }

    /** The three possible answers. */
    public enum Verdict {
        /** No invariant breaks, however many events arrive. */
        PROVED,
        /** No invariant breaks with as many events as were explored. */
        BOUNDED,
        /** An invariant breaks. */
        VIOLATED
    }
}
