package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a finding: the schedule of the fewest events, and what happens in the words of the field. */
class CounterexampleReplayTest {
    private static final String COUNTDOWN = "movl $3, %ecx; again: decl %ecx; jnz again";
    private static final String BREAKS_RBX_ON_THE_LAST_ROUND = "cmpl $1, %ecx; jne 1f; incl %ebx; 1:";
    private static final String BREAKS_RBX_ON_THE_SECOND_NMI = "incl flag; cmpl $2, flag; jne 1f; incl %ebx; 1:";

    @TempDir
    private Path directory;

    private Counterexample first(String directives, String program, String handler) throws IOException {
        Fixture fixture = SmallGuest.of(directory, directives, program, handler);
        return replayed(fixture, SmallGuest.check(fixture).counterexamples().get(0));
    }

    /** The counterexample, once its schedule has been seen to lead to the same violation at the same step. */
    private static Counterexample replayed(Fixture fixture, Counterexample told) {
        RunOptions options = RunOptions.defaults(CostModel.UNIT).withSchedule(new Schedule(told.schedule()));
        List<Violation> found =
                new FixtureRun(fixture, options).run(TraceSink.NONE).found();
        assertThat(found).contains(told.violation());
        return told;
    }

    private static List<String> schedule(Counterexample told) {
        return told.schedule().stream().map(Injection::text).toList();
    }

    /** The story without the number of the step that each line begins with. */
    private static List<String> story(Counterexample told) {
        return told.story().stream()
                .peek(line -> assertThat(line).matches("step \\d+  .*"))
                .map(line -> line.substring(line.indexOf("  ") + 2))
                .toList();
    }

    // ---- the schedule

    @Test
    void a_hit_counts_the_times_an_instruction_was_about_to_execute() throws IOException {
        Counterexample told = first("", COUNTDOWN, BREAKS_RBX_ON_THE_LAST_ROUND);

        assertThat(schedule(told)).containsExactly("nmi@at=again+0x2,hit=2");
        assertThat(told.violation().subject()).isEqualTo("rbx");
    }

    @Test
    void no_event_is_told_that_the_violation_does_not_need() throws IOException {
        Counterexample one = first("", "nop; nop; nop", "incl %ebx");
        assertThat(schedule(one)).containsExactly("nmi@at=window,hit=1");

        Counterexample two = first("", "nop; nop; nop", BREAKS_RBX_ON_THE_SECOND_NMI);
        assertThat(schedule(two)).containsExactly("nmi@at=window,hit=1", "nmi@at=do_nmi,hit=1");
    }

    @Test
    void of_schedules_with_as_many_events_the_one_noticed_first_is_told() throws IOException {
        Counterexample told = first("", COUNTDOWN + "; nop; nop", "cmpl $0, %ecx; jne 1f; incl %ebx; 1:");

        assertThat(schedule(told)).containsExactly("nmi@at=again+0x2,hit=3");
    }

    @Test
    void a_place_without_a_symbol_is_told_by_its_address() throws IOException {
        String jumpsBelowAllSymbols =
                "movq $0x90909090909090c3, %rax; movq %rax, 0x3000; movq $0x3000, %rax; call *%rax";
        Counterexample told = first("", jumpsBelowAllSymbols, "cmpq $0x3000, (%rsp); jne 1f; incl %ebx; 1:");

        assertThat(schedule(told)).containsExactly("nmi@at=0x3000,hit=1");
        assertThat(story(told)).startsWith("nmi arrives at 0x3000");
    }

    // ---- the story

    @Test
    void an_arrival_and_its_delivery_are_told_in_the_words_of_the_field() throws IOException {
        String directives = """
                slot nmi_executing -56
                repeat repeat_nmi end_repeat_nmi
                """;
        Counterexample told = first(
                directives, "repeat_nmi: movl $5, nmi_stack_top-56; end_repeat_nmi: nop", BREAKS_RBX_ON_THE_SECOND_NMI);

        assertThat(story(told))
                .containsExactly(
                        "nmi arrives at window",
                        "NMI interrupts window (CPL 0, RSP __stack_top), nmi_executing = 0x0, inside the repeat region",
                        "nmi arrives at do_nmi, latched while NMIs are blocked",
                        "NMI interrupts window (CPL 0, RSP __stack_top), nmi_executing = 0x0, inside the repeat region");
    }

    @Test
    void the_executing_variable_is_told_as_it_is_at_the_delivery() throws IOException {
        String variable = "slot nmi_executing -56\nrepeat repeat_nmi end_repeat_nmi";
        String program = "repeat_nmi: movl $5, nmi_stack_top-56; end_repeat_nmi: nop";
        Counterexample told = first(variable, program, "cmpl $5, nmi_stack_top-56; jne 1f; incl %ebx; 1:");

        assertThat(story(told))
                .containsExactly(
                        "nmi arrives at end_repeat_nmi",
                        "NMI interrupts end_repeat_nmi (CPL 0, RSP __stack_top), nmi_executing = 0x5,"
                                + " outside the repeat region");
    }

    @Test
    void an_event_on_the_nmi_stack_is_told_by_its_distance_from_the_top() throws IOException {
        Fixture fixture = SmallGuest.of(directory, "", "gate 3, hit; nop", "int3; jmp 1f; hit: iretq; 1: incl %ebx");
        Counterexample told = SmallGuest.check(fixture).counterexamples().get(0);

        assertThat(story(told))
                .containsExactly(
                        "nmi arrives at window",
                        "NMI interrupts window (CPL 0, RSP __stack_top)",
                        "#BP interrupts do_nmi+0x1 (CPL 0, RSP NMI stack top-0x28)");
    }

    @Test
    void every_kind_of_event_is_told_by_its_name() throws IOException {
        Fixture fixture = SmallGuest.of(directory, "", "gate 0x21, other; nop; sti; nop; cli", "nop; other: incl %ebx");
        Counterexample told = replayed(
                fixture,
                SmallGuest.check(fixture, InjectedEvent.intr(0x21))
                        .counterexamples()
                        .get(0));

        assertThat(schedule(told)).singleElement().asString().startsWith("intr:33@at=");
        assertThat(story(told).get(0)).startsWith("intr:33 arrives at ");
        assertThat(story(told).get(1)).startsWith("vector 33 interrupts ");
    }

    @Test
    void a_long_story_ends_after_forty_lines() throws IOException {
        Counterexample told = first(
                "", "gate 3, hit; nop", "movl $50, %ecx; 1: int3; loop 1b; incl %ebx; jmp 2f; hit: iretq; 2: nop");

        assertThat(told.story()).hasSize(40);
        assertThat(story(told)).last().asString().startsWith("#BP interrupts ");
    }
}
