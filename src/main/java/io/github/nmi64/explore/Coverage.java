package io.github.nmi64.explore;

import io.github.nmi64.monitor.Unwatched;
import io.github.nmi64.schedule.InjectedEvent;
import java.util.List;

/**
 * What a verdict rests on: what was watched, how much was explored, what was taken for granted.
 *
 * @param watched names of the invariants watched
 * @param notWatched invariants nobody watched because the fixture does not say enough, and what it does not say
 * @param boundaries states at which an event was offered
 * @param arrivals events offered there, each kind for itself
 * @param neverPossible kinds of event that could arrive at no boundary met, so nothing is known of them
 * @param assumptions what the verdict takes for granted, each a short sentence
 */
public record Coverage(
        List<String> watched,
        List<Unwatched> notWatched,
        long boundaries,
        long arrivals,
        List<InjectedEvent> neverPossible,
        List<String> assumptions) {
    /** Nothing is known. */
    public static final Coverage NONE = new Coverage(List.of(), List.of(), 0, 0, List.of(), List.of());

    public Coverage {
        watched = List.copyOf(watched);
        notWatched = List.copyOf(notWatched);
        neverPossible = List.copyOf(neverPossible);
        assumptions = List.copyOf(assumptions);
    }
}
