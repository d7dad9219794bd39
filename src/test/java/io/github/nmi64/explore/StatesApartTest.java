package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.explore.StatesApart.Quadword;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps the states of a search apart is told by name, with what could be declared. */
class StatesApartTest {
    private static final String PROGRAM = "nop; nop; nop; nop; nop; nop";
    private static final String REMEMBERS_THE_PLACE = "push %rax; mov 8(%rsp), %rax; mov %rax, flag; pop %rax";

    @TempDir
    private Path directory;

    private static StatesApart apart(Fixture fixture, int maxEvents) {
        CheckOptions options =
                new CheckOptions(List.of(InjectedEvent.NMI), maxEvents, 1, 1 << 28, 0, 1, CostModel.UNIT);
        Explorer explorer = new Explorer(fixture, options, new CheckProgress());
        explorer.run();
        return explorer.statesApart();
    }

    private StatesApart apart(String directives, String handler) throws IOException {
        return apart(SmallGuest.of(directory, directives, PROGRAM, handler), 10);
    }

    @Test
    void a_word_that_alone_keeps_states_apart_is_named_with_its_region() throws IOException {
        StatesApart apart = apart("handler-data flag flag+8", REMEMBERS_THE_PLACE);

        assertThat(apart.states()).isGreaterThan(100);
        assertThat(apart.pairs()).isGreaterThan(10);
        assertThat(apart.quadwords())
                .containsExactly(new Quadword("flag", apart.pairs(), apart.pairs(), "flag flag+0x8"));
    }

    @Test
    void what_is_declared_or_dead_keeps_nothing_apart() throws IOException {
        assertThat(apart("immaterial flag flag+8", REMEMBERS_THE_PLACE).pairs()).isZero();
        assertThat(apart("statistics flag flag+8", REMEMBERS_THE_PLACE).pairs()).isZero();
        assertThat(apart("", "push %rax; mov 8(%rsp), %rax; mov %rax, nmi_stack_top-256; pop %rax")
                        .pairs())
                .isZero();
    }

    @Test
    void words_that_differ_together_are_counted_apart_from_those_that_differ_alone() throws IOException {
        StatesApart apart = apart(
                "handler-data flag flag+8; handler-data per_cpu per_cpu+8".replace(';', '\n'),
                "push %rax; mov 8(%rsp), %rax; mov %rax, flag; mov %rax, per_cpu; pop %rax");

        assertThat(apart.quadwords()).extracting(Quadword::name).containsExactlyInAnyOrder("flag", "per_cpu");
        assertThat(apart.quadwords()).allMatch(quadword -> quadword.pairs() > 0 && quadword.alone() < quadword.pairs());
    }

    @Test
    void a_word_of_a_stack_is_named_by_the_stack_and_is_not_to_be_declared() throws IOException {
        StatesApart apart = apart(
                "", "push %rax; mov 8(%rsp), %rax; mov %rax, nmi_stack_top-256; mov nmi_stack_top-256, %rax; pop %rax");
        assertThat(apart.quadwords()).isEmpty(); // dead where the program goes on

        apart = apart(
                "", "push %rax; mov nmi_stack_top-256, %rax; mov 8(%rsp), %rax; mov %rax, nmi_stack_top-256; pop %rax");

        assertThat(apart.quadwords()).singleElement().satisfies(quadword -> {
            assertThat(quadword.name()).isEqualTo("NMI stack top-0x100");
            assertThat(quadword.alone()).isPositive();
            assertThat(quadword.region()).isEmpty();
        });
    }

    @Test
    void it_is_the_same_every_time_and_of_a_search_with_a_bound_too() throws IOException {
        Fixture guest = SmallGuest.of(directory, "handler-data flag flag+8", PROGRAM, REMEMBERS_THE_PLACE);

        StatesApart bounded = apart(guest, 1);

        assertThat(bounded.quadwords()).extracting(Quadword::name).containsExactly("flag");
        assertThat(apart(guest, 1)).isEqualTo(bounded);
    }

    @Test
    void before_a_search_there_is_nothing_to_tell() throws IOException {
        Fixture guest = SmallGuest.of(directory, "", PROGRAM, "nop");
        CheckOptions options = new CheckOptions(List.of(InjectedEvent.NMI), 1, 1, 1 << 28, 0, 1, CostModel.UNIT);

        assertThatThrownBy(new Explorer(guest, options, new CheckProgress())::statesApart)
                .isInstanceOf(IllegalStateException.class);
    }
}
