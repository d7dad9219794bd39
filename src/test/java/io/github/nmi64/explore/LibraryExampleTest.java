package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples in the Javadoc of {@link Machine}, {@link FixtureRun} and {@link Explorer} do what they show. */
class LibraryExampleTest {
    @Test
    void a_machine_without_a_fixture() {
        byte[] code = {(byte) 0x90, (byte) 0xf4};
        BootImage image = new BootImage(0x400000).segment(0x400000, code, code.length);
        Machine machine = new Machine(image, Rules.INTEL, CostModel.UNIT);
        machine.cpu().step();
        machine.cpu().inputs().latchNmi();

        assertThat(machine.state().rip).isEqualTo(0x400001);
        assertThat(machine.state().interrupts.nmiLatched).isTrue();
    }

    @Test
    void a_run_with_an_nmi_of_its_own() {
        Fixture fixture = new Fixtures(new Assembler(System.getenv())).resolve("rfc/plain");
        Schedule schedule = Schedule.parse("example", "nmi@at=do_nmi,hit=1");
        FixtureRun run =
                new FixtureRun(fixture, RunOptions.defaults(CostModel.UNIT).withSchedule(schedule));
        run.begin(TraceSink.NONE);
        long rip = 0;
        while (run.step()) {
            rip = run.machine().state().rip;
        }
        RunReport report = run.report();

        assertThat(rip).isNotZero();
        assertThat(report.counts().asserted() + report.unfired().size()).isEqualTo(1);
    }

    @Test
    void a_check_and_its_counterexample() {
        Fixture fixture = new Fixtures(new Assembler(System.getenv())).resolve("rfc/nested-handler");
        CheckOptions options =
                new CheckOptions(List.of(InjectedEvent.NMI), Integer.MAX_VALUE, 1, 1L << 28, 0, 1, CostModel.UNIT);
        CheckResult result = new Explorer(fixture, options, new CheckProgress()).run();
        List<Injection> shortest = result.counterexamples().get(0).schedule();

        assertThat(shortest).hasSize(2);
    }
}
