package io.github.nmi64.oracle.player;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckProgress;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.explore.Explorer;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the player and the explorer say of one fixture.
 *
 * @param played what the player's repertoire came to
 * @param checked what the exploration came to
 * @param replayed what the player says of the explorer's counterexamples, if its repertoire found nothing
 */
record Comparison(Repertoire.Result played, CheckResult checked, Optional<Damage> replayed) {
    /** Who says what. */
    enum Agreement {
        /** Both find nothing. */
        CLEAN,
        /** Both find something. */
        DAMAGE,
        /** The explorer finds something the player did not play, and sees when it is shown. */
        DAMAGE_WHEN_REPLAYED,
        /** The player finds damage in what the explorer calls free of it. */
        FALSE_PROOF,
        /** The player finds damage with more events than the explorer came to before its memory was used up. */
        UNDECIDED,
        /** The player sees nothing in what the explorer calls a violation: it may ask for less. */
        ALARM
    }

    /** Invariants that ask for more than the player does: what breaks them may do the program no harm. */
    private static final Set<String> MORE = Set.of(
            "no-reentry",
            "kernel-gs-in-handler",
            "stack-bounds",
            "no-user-rip-at-cpl0",
            "frame-intact",
            "handler-start",
            "frame-overwritten");

    private static final long MEMORY = 1L << 27;

    static Comparison of(Fixture fixture, List<InjectedEvent> kinds, Repertoire.Size size, int events) {
        Player player = new Player(fixture);
        Repertoire.Result played = Repertoire.play(player, kinds, size);
        int bound = played.found()
                .map(found -> Math.max(events, found.strikes().size()))
                .orElse(events);
        CheckOptions options = new CheckOptions(kinds, bound, 1, MEMORY, 0, 1, CostModel.UNIT);
        CheckResult checked = new Explorer(fixture, options, new CheckProgress()).run();
        Optional<Damage> replayed = Optional.empty();
        for (Counterexample example : checked.counterexamples()) {
            if (replayed.isEmpty() && played.found().isEmpty()) {
                replayed = player.replay(new Schedule(example.schedule())).damage();
            }
        }
        return new Comparison(played, checked, replayed);
    }

    Agreement agreement() {
        boolean violated = checked.verdict() == CheckResult.Verdict.VIOLATED;
        if (played.found().isPresent()) {
            boolean explored = checked.verdict() == CheckResult.Verdict.PROVED
                    || checked.layers() >= played.found().get().strikes().size();
            return violated ? Agreement.DAMAGE : explored ? Agreement.FALSE_PROOF : Agreement.UNDECIDED;
        }
        if (!violated) {
            return Agreement.CLEAN;
        }
        return replayed.isPresent() ? Agreement.DAMAGE_WHEN_REPLAYED : Agreement.ALARM;
    }

    /** True if the explorer found something the player does not look at. */
    boolean asksForMore() {
        return checked.counterexamples().stream()
                .anyMatch(example -> MORE.contains(example.violation().invariant()));
    }

    /** What the explorer found first, with the number of events, or its verdict. */
    String told() {
        return checked.counterexamples().stream()
                .findFirst()
                .map(example -> example.violation().invariant() + " ("
                        + example.violation().subject() + ") with "
                        + example.schedule().size())
                .orElse(checked.verdict().toString());
    }

    /** A line for a person. */
    @Override
    public String toString() {
        return agreement() + "; check: " + told() + "; player: "
                + played.found()
                        .map(Repertoire.Found::toString)
                        .or(() -> replayed.map(damage -> "replayed " + damage))
                        .orElse("nothing in " + played.plays());
    }
}
