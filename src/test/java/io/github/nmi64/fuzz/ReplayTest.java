package io.github.nmi64.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Core;
import io.github.nmi64.cpu.Arrivals;
import io.github.nmi64.cpu.EventInputs;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.timing.TableCosts;
import io.github.nmi64.trace.TraceSink;
import io.github.nmi64.trace.sink.JsonLinesTrace;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * What happens after a snapshot does not depend on where it is restored: every bundled fixture, NMIs, interrupts and
 * machine checks at random cycles, snapshots at random steps. The whole trace, with memory, must be the same from there.
 */
class ReplayTest {
    private static final long SEED = 0x7265706c6179L;
    private static final int ROUNDS = 2;
    private static final int LONGEST = 600;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private long instants;
    private long events;

    @Test
    void a_restored_machine_repeats_its_trace_to_the_letter() {
        Fixtures fixtures = new Fixtures(new Assembler(Map.of()));
        for (Fixtures.Title title : fixtures.bundled()) {
            Fixture fixture = fixtures.resolve(title.name());
            for (int round = 0; round < ROUNDS; round++) {
                replay(fixture, round % 2 == 0 ? CostModel.UNIT : TableCosts.bundled());
            }
        }
        assertThat(instants).as("lines of trace compared").isGreaterThan(5_000);
        assertThat(events).as("events arrived").isGreaterThan(50);
    }

    private void replay(Fixture fixture, CostModel costs) {
        long seed = random.nextLong();
        Machine machine = machine(fixture, costs, seed);
        int before = random.nextInt(1, 60);
        String past = trace(machine, before);
        Machine.Snapshot snapshot = machine.snapshot();
        String expected = trace(machine, LONGEST);
        String what = fixture.name() + ", seed " + seed + ", after " + before + " steps";

        Machine other = machine(fixture, costs, seed);
        trace(other, random.nextInt(60));
        for (Machine target : List.of(machine, other)) {
            target.restore(snapshot);
            assertThat(trace(target, LONGEST)).as(what).isEqualTo(expected);
        }
        Machine fresh = machine(fixture, costs, seed);
        assertThat(trace(fresh, before)).as("the past of %s", what).isEqualTo(past);
        assertThat(trace(fresh, LONGEST)).as("%s without a snapshot", what).isEqualTo(expected);
        instants += expected.lines().count();
        events += expected.lines()
                .filter(line -> line.contains("\"event\":\"nmi\""))
                .count();
    }

    private static Machine machine(Fixture fixture, CostModel costs, long seed) {
        Machine machine = new FixtureRun(fixture, RunOptions.defaults(costs)).machine();
        machine.cpu().arrivals(new RandomArrivals(seed));
        machine.cpu().begin(Long.MAX_VALUE, Long.MAX_VALUE);
        return machine;
    }

    /** Makes so many steps, fewer if the run ends; what a trace shows of them, and where memory is afterwards. */
    private static String trace(Machine machine, int steps) {
        StringWriter text = new StringWriter();
        JsonLinesTrace trace = new JsonLinesTrace(text, SymbolLookup.NONE);
        machine.cpu().sink(trace);
        for (int i = 0; i < steps && machine.cpu().step(); i++) {
            // the trace tells
        }
        trace.finish();
        machine.cpu().sink(TraceSink.NONE);
        machine.memory().hash().keep(true);
        String memory =
                machine.memory().hash().low() + " " + machine.memory().hash().high();
        machine.memory().hash().keep(false);
        return text + memory;
    }

    /** Events at cycles that only the seed decides, so that they come again after a restore. */
    private record RandomArrivals(long seed) implements Arrivals {
        @Override
        public void atBoundary(Core core, EventInputs inputs) {
            if (core.state.idtLimit < 16 * 3) {
                return; // before the fixture has its tables, an event is its end
            }
            int draw = new SplittableRandom(seed ^ core.clock.now * 0x9e37_79b9_7f4a_7c15L).nextInt(1000);
            if (draw < 40) {
                inputs.pulseNmi();
            } else if (draw < 43) {
                inputs.interrupt(0x30);
            } else if (draw == 43) {
                inputs.machineCheck();
            }
        }

        @Override
        public long due(Core core) {
            return core.clock.now + 1;
        }
    }
}
