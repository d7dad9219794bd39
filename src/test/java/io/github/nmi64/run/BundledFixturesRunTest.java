package io.github.nmi64.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.timing.TableCosts;
import io.github.nmi64.trace.TraceSink;
import io.github.nmi64.trace.sink.JsonLinesTrace;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every bundled fixture runs as it says it does, whatever a cycle is: no schedule in the bundle speaks of cycles. */
class BundledFixturesRunTest {
    private static final Fixtures FIXTURES = new Fixtures(new Assembler(Map.of()));

    static Stream<String> names() {
        return FIXTURES.bundled().stream().map(Fixtures.Title::name);
    }

    @Test
    void the_bundle_holds_the_families() {
        assertThat(names().map(name -> name.substring(0, name.indexOf('/'))).distinct())
                .contains("prepatch", "rfc", "v33", "cpu");
    }

    @ParameterizedTest
    @MethodSource("names")
    void runs_as_expected_with_a_cycle_for_everything(String name) {
        assertRunsAsExpected(name, CostModel.UNIT);
    }

    @ParameterizedTest
    @MethodSource("names")
    void runs_as_expected_with_the_cost_table(String name) {
        assertRunsAsExpected(name, TableCosts.bundled());
    }

    private static void assertRunsAsExpected(String name, CostModel costs) {
        Fixture fixture = FIXTURES.resolve(name);

        RunReport report = new FixtureRun(fixture, RunOptions.defaults(costs)).run(TraceSink.NONE);

        assertThat(report.isJudged()).isTrue();
        assertThat(report.expectations()).as("a fixture expects something").isNotEmpty();
        assertThat(failures(report)).isEmpty();
        assertThat(report.unexpected()).isEmpty();
        assertThat(report.unfired()).isEmpty();
        assertThat(report.asExpected()).isTrue();
    }

    private static List<String> failures(RunReport report) {
        return report.expectations().stream()
                .filter(judged -> !judged.held())
                .map(judged -> judged.expectation().text())
                .toList();
    }

    /** The repetition that the NMI interrupts never retires, but it has a line. */
    @ParameterizedTest
    @CsvSource({"cpu/rep-overwrites-itself, 0", "cpu/rep-overwrites-itself-nmi, 1"})
    void behind_a_repetition_that_overwrote_itself_every_instruction_has_its_line(String name, int interrupted) {
        StringWriter text = new StringWriter();
        JsonLinesTrace trace = new JsonLinesTrace(text, address -> null);

        RunReport report = new FixtureRun(FIXTURES.resolve(name), RunOptions.defaults(CostModel.UNIT)).run(trace);
        trace.finish();

        assertThat(text.toString().lines().filter(line -> line.contains("\"bytes\"")))
                .hasSize((int) report.retired() + interrupted);
    }

    /** In 32-bit code at a base with which EIP passes 4 GiB. */
    @Test
    void the_bytes_of_what_is_unsupported_are_those_that_were_fetched() {
        FixtureRun run = new FixtureRun(FIXTURES.resolve("cpu/triple-fault"), RunOptions.defaults(CostModel.UNIT));
        run.begin(TraceSink.NONE);
        Machine machine = run.machine();
        machine.memory().write(0x10_0000, new byte[] {(byte) 0xd9, (byte) 0xe8}, 0, 2); // fld1
        machine.state().segments.load(Segment.CS, 0x08, 0xffff_f000L, 0xffff_ffffL, 0xc09b);
        machine.state().rip = 0x10_1000;
        machine.core().modeChanged();

        assertThat(run.step()).isFalse();
        assertThat(run.report().refused().orElseThrow().bytes()).startsWith("d9 e8");
    }

    @Test
    void the_rfc_destroys_rdi_and_v33_does_not() {
        assertThat(subjects("rfc/nested-handler")).containsExactly("rdi");
        assertThat(subjects("rfc/user-nested")).containsOnly("rdi");
        assertThat(subjects("v33/nested-handler")).isEmpty();
        assertThat(subjects("v33/user-nested")).isEmpty();
    }

    private static List<String> subjects(String name) {
        RunReport report =
                new FixtureRun(FIXTURES.resolve(name), RunOptions.defaults(CostModel.UNIT)).run(TraceSink.NONE);
        return report.found().stream().map(violation -> violation.subject()).toList();
    }

    @Test
    void another_schedule_is_not_judged_by_the_fixtures_expectations() {
        Fixture fixture = FIXTURES.resolve("rfc/nested-handler");
        RunOptions nothing = RunOptions.defaults(CostModel.UNIT).withSchedule(io.github.nmi64.schedule.Schedule.EMPTY);

        RunReport report = new FixtureRun(fixture, nothing).run(TraceSink.NONE);

        assertThat(report.isJudged()).isFalse();
        assertThat(report.expectations()).isEmpty();
        assertThat(report.counts().delivered()).isZero();
        assertThat(report.found()).isEmpty();
    }
}
