package io.github.nmi64.explore;

import io.github.nmi64.schedule.InjectedEvent;
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
 * @param liveWords stack quadwords that seemed dead and were read again, by name
 * @param withTime whether the clock was part of the state because the guest reads it
 * @param storm what happens when an event arrives at every boundary
 * @param limit what ended a bounded search, {@link Limit#NONE} with other verdicts
 * @param coverage what the verdict rests on
 */
public record CheckResult(
        Verdict verdict,
        String reason,
        List<InjectedEvent> events,
        int layers,
        long states,
        long transitions,
        long memoryBytes,
        List<Counterexample> counterexamples,
        List<String> liveWords,
        boolean withTime,
        String storm,
        Limit limit,
        Coverage coverage) {
    public CheckResult {
        events = List.copyOf(events);
        counterexamples = List.copyOf(counterexamples);
        liveWords = List.copyOf(liveWords);
    }

    /** What may end a search before everything has been explored. */
    public enum Limit {
        /** Nothing did. */
        NONE,
        /** The number of events asked for has been explored: that was completed. */
        EVENTS,
        /** The memory allowed is used up. */
        MEMORY,
        /** The run on some path would take more instructions than allowed. */
        INSTRUCTIONS,
        /** A quadword never repeats, so there are new states with every further event. */
        GROWTH,
        /** There are more paths than can be numbered. */
        PATHS,
        /** The time allowed is over. */
        TIME,
        /** Somebody wants it to end. */
        INTERRUPTED
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
