package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.run.EndOfRun;
import io.github.nmi64.run.EndResult;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Small guests under every schedule of up to two NMIs, one run for each: no state is recognised, no byte is taken for dead, no
 * boundary is left out. What the explorer says with all its reductions must be the same.
 */
class EveryScheduleTest {
    private static final int MOST_EVENTS = 2;
    /** Nothing here takes so long, unless it never ends. */
    private static final int MOST_STEPS = 3_000;

    @TempDir
    private Path directory;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing to break | nop; nop | nop | PROVED",
                "pushes and pops | pushq $5; popq %rax; movq -8(%rsp), %rdx; nop | nop | PROVED",
                "below the stack | pushq $5; popq %rax; nop; movq -8(%rsp), %rdx | movq $6, __stack_top-8 | VIOLATED",
                "a register | nop | incl %ebx | VIOLATED",
                "blocked for a while | nop; nop; nop | nop; nop; nop; nop | PROVED",
                "unblocked inside | nop | pushq %rax; movq %rsp, %rax; pushq $0x10; pushq %rax; pushfq; pushq $8; pushq $1f;"
                        + " iretq; 1: popq %rax | VIOLATED",
                "calls | call 1f; nop; jmp window_end; 1: nop; ret | call 2f; jmp do_nmi_end; 2: ret | PROVED",
                "loops | movl $3, %ecx; 1: decl %ecx; jnz 1b | nop | PROVED",
                "leaves by a jump | nop; nop | movq (%rsp), %rax; movq 24(%rsp), %rsp; jmp *%rax | VIOLATED"
            })
    void the_explorer_and_all_runs_agree(String what, String program, String handler, Verdict verdict)
            throws IOException {
        Fixture fixture = SmallGuest.of(directory, "stack idt_end __stack_top", program, handler);
        CheckOptions options =
                new CheckOptions(List.of(InjectedEvent.NMI), MOST_EVENTS, 1, 1 << 28, 0, 1, CostModel.UNIT);

        CheckResult result = new Explorer(fixture, options, new CheckProgress()).run();
        int fewest = new Player(fixture).fewestEvents();

        assertThat(result.verdict() == Verdict.VIOLATED).as(what).isEqualTo(verdict == Verdict.VIOLATED);
        int told = result.counterexamples().isEmpty()
                ? MOST_EVENTS + 1
                : result.counterexamples().get(0).schedule().size();
        assertThat(told).as("the fewest events").isEqualTo(fewest);
    }

    /** Plays all schedules. */
    private static final class Player {
        private final FixtureRun run;
        private final Machine machine;
        private final InvariantMonitor monitor;
        private final EndResult undisturbed;
        private int fewest = MOST_EVENTS + 1;

        Player(Fixture fixture) {
            run = new FixtureRun(fixture, RunOptions.defaults(CostModel.UNIT).withSchedule(Schedule.EMPTY));
            machine = run.machine();
            monitor = run.monitor();
            run.watchInterference(new Lessons(), null);
            run.begin(TraceSink.NONE);
            Machine.Snapshot reset = machine.snapshot();
            InvariantMonitor.Snapshot memory = new InvariantMonitor.Snapshot();
            monitor.snapshot(memory);
            while (run.step()) {
                // on to the end
            }
            undisturbed = EndResult.of(machine);
            machine.restore(reset);
            monitor.restore(memory);
        }

        /** The fewest events that break something; one more than were tried if none do. */
        int fewestEvents() {
            play(0);
            return fewest;
        }

        private void play(int events) {
            int steps = 0;
            boolean goesOn = true;
            while (goesOn && !monitor.hasFound() && steps++ < MOST_STEPS && events < fewest) {
                if (monitor.isOpen() && events < MOST_EVENTS) {
                    assertHere(events);
                }
                goesOn = run.step();
            }
            if (monitor.hasFound() || goesOn && steps >= MOST_STEPS || !goesOn && endsBadly()) {
                fewest = Math.min(fewest, events);
            }
        }

        private void assertHere(int events) {
            Machine.Snapshot here = machine.snapshot();
            InvariantMonitor.Snapshot memory = new InvariantMonitor.Snapshot();
            monitor.snapshot(memory);
            machine.cpu().inputs().latchNmi();
            play(events + 1);
            machine.restore(here);
            monitor.restore(memory);
        }

        private boolean endsBadly() {
            return machine.cpu().outcome() != Outcome.EXIT
                    || new EndOfRun(run).inSearch(undisturbed).isPresent();
        }
    }
}
