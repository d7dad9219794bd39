package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Core;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same run, however it is driven, interrupted or cached. */
class DeterminismTest {
    private static final Fixtures FIXTURES = new Fixtures(new Assembler(Map.of()));

    /** Instructions compared of each fixture, to bound the time this takes without caches. */
    private static final long MOST = 200_000;

    /** A number for everything a trace tells: instructions with registers, stores, events. */
    private static final class Digest implements TraceSink {
        private long value = 1;
        private long instructions;

        private void add(long item) {
            value = (value ^ item) * 0x9e37_79b9_7f4a_7c15L;
            value ^= value >>> 29;
        }

        @Override
        public boolean wantsInstructions() {
            return true;
        }

        @Override
        public boolean wantsMemory() {
            return true;
        }

        @Override
        public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
            instructions++;
            add(state.rip);
            add(state.rflags);
            add(instruction.length);
            add(instruction.opcode.mnemonic().hashCode());
            add(Arrays.hashCode(state.gpr));
            add(cycle);
            add(retired);
        }

        @Override
        public void memoryWritten(long address, int size, long data) {
            add(address);
            add(size);
            add(data);
        }

        @Override
        public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
            add(event.hashCode());
            add(cycle);
        }

        @Override
        public void shutdown(CpuState state, String cause, long cycle, long retired) {
            add(cause.hashCode());
        }
    }

    static Stream<String> fixtures() {
        return FIXTURES.bundled().stream().map(Fixtures.Title::name);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void nobody_can_tell_whether_anything_is_cached(String name) {
        Digest cached = trace(name, true);

        assertThat(cached.instructions).isPositive();
        assertThat(trace(name, false).value).isEqualTo(cached.value);
    }

    private static Digest trace(String name, boolean caching) {
        Fixture fixture = FIXTURES.resolve(name);
        FixtureRun run = new FixtureRun(fixture, RunOptions.defaults(CostModel.UNIT));
        Digest digest = new Digest();
        run.machine().cpu().caching(caching);
        run.begin(digest);
        while (digest.instructions < MOST && run.step()) {
            // the digest listens
        }
        return digest;
    }

    @Test
    void stepping_is_running() {
        TestMachine run = AllKinds.boot(1);
        run.machine().cpu().arrivals(storm());
        run.machine().run(500, Long.MAX_VALUE);
        TestMachine stepped = AllKinds.boot(1);
        stepped.machine().cpu().arrivals(storm());
        stepped.machine().cpu().begin(500, Long.MAX_VALUE);
        while (stepped.machine().cpu().step()) {
            // everything happens in step()
        }

        assertThat(run.log().exact()).isNotEmpty().isEqualTo(stepped.log().exact());
        assertThat(run.outcome()).isEqualTo(stepped.outcome());
        assertThat(run.machine().core().retired).isEqualTo(stepped.machine().core().retired);
    }

    /** An NMI every 17 cycles, found through the clock alone. */
    private static Arrivals storm() {
        return new Arrivals() {
            @Override
            public void atBoundary(Core core, EventInputs inputs) {
                if (core.clock.now % 17 == 0) {
                    inputs.pulseNmi();
                }
            }

            @Override
            public long due(Core core) {
                return (core.clock.now / 17 + 1) * 17;
            }
        };
    }

    @Test
    void a_restored_machine_replays_its_log_from_every_boundary() {
        TestMachine machine = AllKinds.boot(1);
        machine.machine().cpu().arrivals(storm());
        machine.changed();
        int boundaries = 0;
        for (; machine.state().rip != machine.address("end"); boundaries++) {
            Machine.Snapshot here = machine.machine().snapshot();
            List<String> first = toTheEnd(machine);
            machine.machine().restore(here);
            assertThat(toTheEnd(machine)).as("from boundary %d", boundaries).isEqualTo(first);
            machine.machine().restore(here);
            machine.step();
        }
        assertThat(boundaries).isGreaterThan(100);
    }

    private static List<String> toTheEnd(TestMachine machine) {
        machine.log().clear();
        machine.at("end");
        return List.copyOf(machine.log().exact());
    }

    @Test
    void a_limit_stops_at_its_instruction_and_the_run_can_go_on() {
        TestMachine whole = AllKinds.boot(1).at("end");
        TestMachine parts = AllKinds.boot(1);
        for (long limit = 1; parts.state().rip != parts.address("end"); limit++) {
            Outcome outcome = parts.machine().run(limit, Long.MAX_VALUE);
            assertThat(outcome).isEqualTo(Outcome.LIMIT);
            assertThat(parts.machine().core().retired).isEqualTo(limit);
        }

        assertThat(parts.log().exact()).isEqualTo(whole.log().exact());
    }

    @Test
    void a_machine_that_goes_back_in_time_still_meets_its_arrivals() {
        TestMachine machine =
                GuestProgram.kernel("start: 90    ; nop\nsled:  eb fe ; jmp\n").boot();
        machine.machine().cpu().arrivals(new Arrivals() {
            @Override
            public void atBoundary(Core core, EventInputs inputs) {
                if (core.clock.now == 20) {
                    inputs.pulseNmi();
                }
            }

            @Override
            public long due(Core core) {
                return core.clock.now < 20 ? 20 : Long.MAX_VALUE;
            }
        });
        machine.changed().step();
        Machine.Snapshot early = machine.machine().snapshot();
        machine.steps(40);
        assertThat(machine.log().count(2)).isEqualTo(1);

        machine.machine().restore(early);
        machine.steps(40);
        assertThat(machine.log().count(2)).isEqualTo(2);
    }
}
