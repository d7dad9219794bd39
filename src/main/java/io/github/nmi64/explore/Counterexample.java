package io.github.nmi64.explore;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.schedule.Injection;
import java.util.List;

/**
 * How an invariant breaks.
 *
 * @param schedule what arrives when, in the form {@code run --schedule} takes
 * @param story what happens, a line an event, from the first arrival on
 */
public record Counterexample(Violation violation, List<Injection> schedule, List<String> story) {
    public Counterexample {
        schedule = List.copyOf(schedule);
        story = List.copyOf(story);
    }
}
