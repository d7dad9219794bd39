package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.Narrator;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
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
        FixtureRun run = new FixtureRun(fixture, options);
        Narrator narrator = new Narrator(run);
        assertThat(run.run(narrator).found()).contains(told.violation());
        assertThat(narrator.sentences()).as("the story of 'run'").containsSubsequence(sentences(told));
        return told;
    }

    private static List<String> schedule(Counterexample told) {
        return told.schedule().stream().map(Injection::text).toList();
    }

    private static List<String> sentences(Counterexample told) {
        return told.story().stream()
                .filter(line -> !line.matches("and [0-9]+ more"))
                .toList();
    }

    /** The story without the step and the cycle that each line begins with. */
    private static List<String> story(Counterexample told) {
        return sentences(told).stream()
                .peek(line -> assertThat(line).matches("step +\\d+  cycle +\\d+  .*"))
                .map(line -> line.replaceFirst("step +\\d+  cycle +\\d+  ", ""))
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
        assertThat(story(told)).startsWith("NMI asserted at 0x3000, latched");
    }

    // ---- the story

    @Test
    void an_event_and_its_delivery_are_told_in_the_words_of_the_field() throws IOException {
        String directives = """
                slot nmi_executing -56
                repeat repeat_nmi end_repeat_nmi
                """;
        Counterexample told = first(
                directives, "repeat_nmi: movl $5, nmi_stack_top-56; end_repeat_nmi: nop", BREAKS_RBX_ON_THE_SECOND_NMI);

        assertThat(story(told))
                .containsExactly(
                        "NMI asserted at window, latched",
                        "NMI delivered at window (CPL 0, RSP __stack_top, nmi_executing=0x0, in the repeat region)",
                        "NMI asserted at do_nmi while NMIs are blocked, latched",
                        "NMIs unblocked by IRET to window",
                        "interrupted context resumed at window",
                        "NMI delivered at window (CPL 0, RSP __stack_top, nmi_executing=0x0, in the repeat region)",
                        "NMIs unblocked by IRET to window",
                        "interrupted context resumed at window");
    }

    @Test
    void the_executing_variable_is_told_as_it_is_at_the_delivery() throws IOException {
        String variable = "slot nmi_executing -56\nrepeat repeat_nmi end_repeat_nmi";
        String program = "repeat_nmi: movl $5, nmi_stack_top-56; end_repeat_nmi: nop";
        Counterexample told = first(variable, program, "cmpl $5, nmi_stack_top-56; jne 1f; incl %ebx; 1:");

        assertThat(story(told))
                .containsExactly(
                        "NMI asserted at end_repeat_nmi, latched",
                        "NMI delivered at end_repeat_nmi (CPL 0, RSP __stack_top, nmi_executing=0x5,"
                                + " outside the repeat region)",
                        "NMIs unblocked by IRET to end_repeat_nmi",
                        "interrupted context resumed at end_repeat_nmi");
    }

    @Test
    void an_event_on_the_nmi_stack_is_told_by_its_distance_from_the_top() throws IOException {
        Fixture fixture = SmallGuest.of(directory, "", "gate 3, hit; nop", "int3; jmp 1f; hit: iretq; 1: incl %ebx");
        Counterexample told = SmallGuest.check(fixture).counterexamples().get(0);

        assertThat(story(told))
                .containsExactly(
                        "NMI asserted at window, latched",
                        "NMI delivered at window (CPL 0, RSP __stack_top)",
                        "#BP delivered at do_nmi+0x1 (CPL 0, RSP NMI stack top-0x28)",
                        "NMIs unblocked by IRET to do_nmi+0x1",
                        "interrupted context resumed at window");
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
        assertThat(story(told).get(0)).startsWith("interrupt 33 requested at ");
        assertThat(story(told).get(1)).startsWith("interrupt 33 delivered at ");
    }

    @Test
    void of_a_long_story_the_beginning_is_told() throws IOException {
        Counterexample told = first(
                "", "gate 3, hit; nop", "movl $80, %ecx; 1: int3; loop 1b; incl %ebx; jmp 2f; hit: iretq; 2: nop");

        assertThat(told.story()).hasSize(61);
        assertThat(told.story()).last().asString().matches("and [1-9][0-9]* more");
    }
}
