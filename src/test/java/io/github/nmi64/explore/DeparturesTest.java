package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.monitor.Footprint;
import io.github.nmi64.monitor.Occupied;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.MachineFootprint;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Returns are compared with departures, not with a list of the undisturbed run's states. Here is the list: under random NMIs
 * every departure is from one of those states, so the two comparisons come to the same.
 */
class DeparturesTest {
    private static final int SCHEDULES = 60;
    private static final int MOST_STEPS = 20_000;

    private record State(long low, long high) {}

    /** Tells where programs are interrupted. */
    private static final class Observed implements Footprint {
        private final MachineFootprint footprint;
        private final List<State> departures = new ArrayList<>();
        private State looked = new State(0, 0);

        Observed(MachineFootprint footprint) {
            this.footprint = footprint;
        }

        State now() {
            return new State(low(), high());
        }

        @Override
        public void take(Occupied occupied, boolean withDebugStatus) {
            footprint.take(occupied, withDebugStatus);
        }

        @Override
        public long low() {
            return footprint.low();
        }

        @Override
        public long high() {
            return footprint.high();
        }

        @Override
        public void keep() {
            looked = now();
        }

        @Override
        public void programRuns(boolean runs) {
            footprint.programRuns(runs);
            if (!runs) {
                departures.add(looked);
            }
        }

        @Override
        public void returned() {
            footprint.returned();
        }

        @Override
        public boolean isExcused() {
            return footprint.isExcused();
        }

        @Override
        public String difference() {
            return footprint.difference();
        }

        @Override
        public String foreignRead() {
            return footprint.foreignRead();
        }
    }

    private static FixtureRun begin(Fixture fixture) {
        RunOptions undisturbed = RunOptions.defaults(CostModel.UNIT).withSchedule(Schedule.EMPTY);
        return new FixtureRun(fixture, undisturbed);
    }

    private static Observed watch(FixtureRun run) {
        Observed observed = new Observed(run.watchInterference(new Lessons(), null));
        run.monitor().footprint(observed);
        run.begin(TraceSink.NONE);
        return observed;
    }

    private static Set<State> undisturbedStates(Fixture fixture) {
        FixtureRun run = begin(fixture);
        Observed observed = watch(run);
        Set<State> states = new HashSet<>();
        do {
            run.monitor().takeFootprint();
            states.add(observed.now());
        } while (run.step());
        return states;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "catalogue/v37-plain-kernel",
                "catalogue/v37-two-int3-user",
                "catalogue/v42-one-int3-kernel",
                "catalogue/v42-two-int3-user",
                "catalogue/b05-syscall-gap-v42",
                "catalogue/b22-second-idt",
                "catalogue/b40-cr3-kept"
            })
    void a_program_is_interrupted_in_states_of_its_undisturbed_run(String name) {
        Fixture fixture = CatalogueChecks.fixture(name);
        Set<State> states = undisturbedStates(fixture);
        int departures = 0;
        for (int seed = 0; seed < SCHEDULES; seed++) {
            FixtureRun run = begin(fixture);
            Observed observed = watch(run);
            Random random = new Random(seed);
            int steps = 0;
            do {
                int rarity = run.monitor().isAway() ? 40 : 2;
                if (run.monitor().isOpen() && random.nextInt(rarity) == 0) {
                    run.machine().cpu().inputs().latchNmi();
                }
            } while (run.step() && steps++ < MOST_STEPS);

            assertThat(run.monitor().violations()).isEmpty();
            assertThat(states).containsAll(observed.departures);
            departures += observed.departures.size();
        }
        assertThat(departures).isGreaterThan(SCHEDULES / 2);
    }
}
