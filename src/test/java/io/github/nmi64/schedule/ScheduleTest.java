package io.github.nmi64.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    @Test
    void a_file_holds_one_injection_a_line_with_comments_and_blank_lines() {
        var schedule = Schedule.parse("schedule.txt", """
                # two NMIs
                nmi@cycle=100

                \t intr:32@at=idle  # the timer\r
                #nmi@cycle=200
                """);

        assertThat(schedule.injections())
                .containsExactly(
                        new Injection(InjectedEvent.NMI, new When.AtCycle(100)),
                        new Injection(InjectedEvent.intr(32), new When.AtSymbol("idle", 0, 1)));
        assertThat(schedule.text()).isEqualTo("nmi@cycle=100\nintr:32@at=idle,hit=1\n");
    }

    @Test
    void a_mistake_names_file_and_line() {
        assertThatExceptionOfType(ScheduleSyntaxException.class)
                .isThrownBy(() -> Schedule.parse("schedule.txt", "# one\n\nnmi@at=\n"))
                .withMessage("schedule.txt:3: 'nmi@at=': expected SYMBOL[+OFF][,hit=K] after 'at='")
                .asInstanceOf(type(ScheduleSyntaxException.class))
                .satisfies(e -> {
                    assertThat(e.source()).isEqualTo("schedule.txt");
                    assertThat(e.line()).isEqualTo(3);
                    assertThat(e.text()).isEqualTo("nmi@at=");
                    assertThat(e.expectation()).isEqualTo("SYMBOL[+OFF][,hit=K] after 'at='");
                });
    }

    @Test
    void an_empty_text_is_the_empty_schedule() {
        assertThat(Schedule.parse("empty", "")).isEqualTo(Schedule.EMPTY);
        assertThat(Schedule.EMPTY.text()).isEmpty();
    }

    @Test
    void injections_can_be_added_at_the_end() {
        var first = Injection.parse("nmi@step=1");
        var second = Injection.parse("mce@step=2");

        assertThat(new Schedule(List.of(first)).plus(List.of(second)).injections())
                .containsExactly(first, second);
    }
}
