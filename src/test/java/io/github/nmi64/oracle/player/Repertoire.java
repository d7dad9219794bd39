package io.github.nmi64.oracle.player;

import io.github.nmi64.oracle.player.Player.Play;
import io.github.nmi64.oracle.player.Player.Strike;
import io.github.nmi64.schedule.InjectedEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What is played on a fixture: every single event, every pair, and random three to six. A pair whose first event does
 * damage by itself is not played. If there are more pairs than allowed, a seeded sample of them is.
 */
final class Repertoire {
    private static final int MOST_BOUNDARIES_APART = 130;
    private static final int FEWEST = 3;
    private static final int MOST = 6;

    /**
     * How much is played.
     *
     * @param pairs the most pairs
     * @param randoms schedules of three to six events
     * @param stopsAtDamage nothing more is played once something is found
     */
    record Size(int pairs, int randoms, long seed, boolean stopsAtDamage) {}

    /**
     * What it came to.
     *
     * @param doubts plays in which somebody passed the program's place in another state and it came back all the same
     */
    record Result(int singles, int pairs, int randoms, int doubts, Optional<Found> found) {
        /** Number of plays. */
        int plays() {
            return singles + pairs + randoms;
        }
    }

    /** The first damage, which has the fewest events up to two. */
    record Found(List<Strike> strikes, Damage damage) {
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            for (Strike strike : strikes) {
                text.append(strike.kind().text())
                        .append('@')
                        .append(strike.boundary())
                        .append(' ');
            }
            return text.append(damage).toString();
        }
    }

    private final Player player;
    private final List<InjectedEvent> kinds;
    private final Size size;
    private final Map<Strike, Integer> ends = new LinkedHashMap<>();
    private int singles;
    private int pairs;
    private int randoms;
    private int doubts;
    private @Nullable Found found;

    private Repertoire(Player player, List<InjectedEvent> kinds, Size size) {
        this.player = player;
        this.kinds = kinds;
        this.size = size;
    }

    static Result play(Player player, List<InjectedEvent> kinds, Size size) {
        return new Repertoire(player, kinds, size).play();
    }

    private Result play() {
        singles();
        if (goesOn()) {
            pairs();
        }
        for (int i = 0; i < size.randoms && goesOn(); i++) {
            random(new SplittableRandom(size.seed + i));
        }
        return new Result(singles, pairs, randoms, doubts, Optional.ofNullable(found));
    }

    private boolean goesOn() {
        return found == null || !size.stopsAtDamage;
    }

    private void singles() {
        for (int boundary : player.window()) {
            for (InjectedEvent kind : kinds) {
                Strike strike = new Strike(boundary, kind);
                Play play = player.play(List.of(strike));
                if (play.struck() == 1) {
                    singles++;
                    note(List.of(strike), play);
                    if (play.damage().isEmpty()) {
                        ends.put(strike, play.boundaries());
                    }
                }
            }
        }
    }

    private void pairs() {
        List<List<Strike>> all = new ArrayList<>();
        ends.forEach((first, end) -> {
            for (int boundary = first.boundary(); boundary <= end; boundary++) {
                for (InjectedEvent kind : kinds) {
                    if (boundary > first.boundary() || !kind.equals(first.kind())) {
                        all.add(List.of(first, new Strike(boundary, kind)));
                    }
                }
            }
        });
        SplittableRandom random = new SplittableRandom(size.seed);
        while (all.size() > size.pairs) {
            int chosen = random.nextInt(all.size());
            all.set(chosen, all.get(all.size() - 1));
            all.remove(all.size() - 1);
        }
        for (List<Strike> pair : all) {
            Play play = player.play(pair);
            if (play.struck() == 2) {
                pairs++;
                note(pair, play);
            }
            if (!goesOn()) {
                return;
            }
        }
    }

    private void random(SplittableRandom random) {
        List<Integer> window = player.window();
        int boundary = window.get(random.nextInt(window.size()));
        List<Strike> strikes = new ArrayList<>();
        int events = random.nextInt(FEWEST, MOST + 1);
        for (int i = 0; i < events; i++) {
            strikes.add(new Strike(boundary, kinds.get(random.nextInt(kinds.size()))));
            boundary += random.nextInt(1, MOST_BOUNDARIES_APART);
        }
        Play play = player.play(strikes);
        if (play.struck() > 2) {
            randoms++;
            note(strikes, play);
        }
    }

    private void note(List<Strike> strikes, Play play) {
        doubts += play.doubts() > 0 ? 1 : 0;
        if (found == null && play.damage().isPresent()) {
            found = new Found(strikes, play.damage().get());
        }
    }
}
