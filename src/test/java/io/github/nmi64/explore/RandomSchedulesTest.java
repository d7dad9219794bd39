package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.oracle.Effort;
import io.github.nmi64.run.EndResult;
import io.github.nmi64.trace.TraceSink;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What was proved is not broken by chance: random numbers of NMIs at random boundaries. Every build plays 20,000 schedules a
 * fixture; a million are asked for with {@code -Dnmi64.rounds=50}.
 */
class RandomSchedulesTest {
    private static final int SCHEDULES = 20_000;
    private static final int MOST_NMIS = 6;
    private static final int MOST_STEPS_APART = 130;
    private static final int MOST_STEPS = 10_000;

    @ParameterizedTest
    @ValueSource(
            strings = {"catalogue/v37-two-int3-kernel", "catalogue/v37-two-int3-user", "catalogue/b32-ret-v33-kernel"})
    void no_schedule_breaks_what_was_proved(String name) {
        CheckOptions options = CatalogueChecks.options(name);
        SearchState search = new SearchState(CatalogueChecks.fixture(name), options, new Lessons(), false);
        Walker walker = new Walker(search, TraceSink.NONE);
        Walker.Snapshot begin = firstBoundary(walker);
        while (walker.step()) {
            // to the end, which nothing disturbs
        }
        search.undisturbed(EndResult.of(walker.machine()));

        for (int round = 0; round < Effort.rounds(); round++) {
            SplittableRandom random = new SplittableRandom(Effort.seed(4711, round));
            for (int i = 0; i < SCHEDULES; i++) {
                walker.restore(begin);
                assertThat(play(walker, search, random)).isEmpty();
            }
        }
    }

    private static Walker.Snapshot firstBoundary(Walker walker) {
        while (!walker.monitor().isOpen()) {
            walker.step();
        }
        return walker.snapshot();
    }

    /** What breaks under one random schedule; the walker stands at the first boundary of the window. */
    private static String play(Walker walker, SearchState search, SplittableRandom random) {
        int left = random.nextInt(1, MOST_NMIS + 1);
        int until = random.nextInt(MOST_STEPS_APART);
        StringBuilder schedule = new StringBuilder();
        for (int step = 0; step < MOST_STEPS; step++) {
            if (left > 0 && until-- == 0) {
                left--;
                until = random.nextInt(MOST_STEPS_APART);
                if (walker.monitor().isOpen() && walker.choice(0).isPossible()) {
                    schedule.append(' ').append(step);
                    walker.choice(0).raise();
                }
            }
            boolean goesOn = walker.step();
            if (walker.monitor().hasFound()) {
                return walker.monitor().violations().get(0) + ": NMIs at steps" + schedule;
            }
            if (!goesOn) {
                return walker.judgeEnd()
                        .map(found -> found + ": NMIs at steps" + schedule)
                        .orElse("");
            }
        }
        return "no end after " + MOST_STEPS + " steps: NMIs at steps" + schedule;
    }
}
