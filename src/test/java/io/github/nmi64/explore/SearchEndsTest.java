package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.explore.CheckResult.Limit;
import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A search comes to an end, says which one, and has not been about nothing. */
class SearchEndsTest {
    private static final String TASK_STACK = "stack idt_end __stack_top";
    private static final String COUNTS = "incl flag";

    private final CheckOptions unbounded =
            new CheckOptions(List.of(InjectedEvent.NMI), Integer.MAX_VALUE, 1, 1 << 28, 0, 1, CostModel.UNIT);

    @TempDir
    private Path directory;

    private Fixture guest(String directives, String program, String handler) throws IOException {
        return SmallGuest.of(directory, directives, program, handler);
    }

    private static CheckResult check(Fixture fixture, CheckOptions options) {
        return new Explorer(fixture, options, new CheckProgress()).run();
    }

    // ---- a handler that counts

    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 2})
    void what_never_repeats_is_named_with_what_to_declare(int threads) throws IOException {
        CheckResult result = check(guest("", "nop; nop", COUNTS), unbounded.withThreads(threads));

        assertThat(result.verdict()).isEqualTo(Verdict.BOUNDED);
        assertThat(result.limit()).isEqualTo(Limit.GROWTH);
        assertThat(result.reason())
                .contains("[flag] never repeats", "directive \"statistics flag flag+8\"", "--max-events");
    }

    @Test
    void a_word_that_is_declared_keeps_nothing_from_an_end() throws IOException {
        CheckResult result = check(guest("statistics flag flag+8", "nop; nop", COUNTS), unbounded);

        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(result.coverage().assumptions()).anyMatch(text -> text.contains("flag..flag+0x8 ('statistics')"));
    }

    @Test
    void a_byte_that_counts_repeats() throws IOException {
        CheckResult result = check(guest("", "nop", "incb flag"), unbounded);

        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(result.layers()).isGreaterThanOrEqualTo(256);
    }

    @Test
    void as_many_events_as_are_asked_for_are_explored_though_a_word_never_repeats() throws Exception {
        Fixture fixture = guest("", "nop", COUNTS);
        Explorer first = new Explorer(fixture, unbounded.withMaxEvents(5000), new CheckProgress());

        CheckResult result = first.run();

        assertThat(result.limit()).isEqualTo(Limit.EVENTS);
        assertThat(result.layers()).isEqualTo(5000);

        CheckOptions more = unbounded.withMaxEvents(5002); // one that goes down from the first path
        Path file = directory.resolve("search.ck");
        first.checkpoint().orElseThrow().write(Files.newOutputStream(file));
        Explorer second = new Explorer(fixture, more, new CheckProgress());
        second.resumeFrom(Checkpoint.read(file, fixture, more));

        assertThat(second.run().layers()).isEqualTo(5002);
    }

    @Test
    void going_on_from_the_begins_of_paths_comes_to_what_going_down_from_the_first_comes_to() throws Exception {
        Fixture fixture = guest(SmallGuest.FLAG_IS_THE_HANDLERS, "nop; nop; nop", "incb flag; andb $15, flag");
        CheckResult whole = check(fixture, unbounded);
        Path file = directory.resolve("search.ck");

        CheckResult pieces = whole;
        for (int bound = 0; bound <= whole.layers() + 1; bound++) {
            CheckOptions options = unbounded.withMaxEvents(bound);
            Explorer piece = new Explorer(fixture, options, new CheckProgress());
            if (bound > 0) {
                piece.resumeFrom(Checkpoint.read(file, fixture, options));
            }
            pieces = piece.run();
            if (piece.checkpoint().isPresent()) {
                piece.checkpoint().get().write(Files.newOutputStream(file));
            }
        }

        assertThat(pieces.verdict()).isEqualTo(Verdict.PROVED).isEqualTo(whole.verdict());
        assertThat(pieces.states()).isEqualTo(whole.states());
        assertThat(pieces.layers()).isEqualTo(whole.layers());
        assertThat(pieces.coverage().boundaries()).isEqualTo(whole.coverage().boundaries());
        assertThat(pieces.coverage().arrivals()).isEqualTo(whole.coverage().arrivals());
    }

    // ---- runs without an end

    @Test
    void a_program_that_never_ends_comes_to_the_limit_of_instructions() throws IOException {
        CheckResult result = check(guest("", "1: incl flag; jmp 1b", "nop"), unbounded);

        assertThat(result.verdict()).isEqualTo(Verdict.BOUNDED);
        assertThat(result.limit()).isEqualTo(Limit.INSTRUCTIONS);
        assertThat(result.reason())
                .startsWith("a run without events does not end within 100000 instructions")
                .endsWith(
                        "[flag] never repeats; if nothing depends on it, exclude it: directive \"statistics flag flag+8\"");
        assertThat(result.layers()).isZero();
    }

    /** Nobody says what the handler is, so no NMI waits for it; the program goes round and round, as an idle loop does. */
    @Test
    void a_program_that_never_ends_and_has_no_handler_makes_progress() throws IOException {
        Fixture fixture = SmallGuest.withoutHandler(directory, "1: nop; jmp 1b", "nop");

        assertThat(check(fixture, unbounded).verdict()).isEqualTo(Verdict.PROVED);
    }

    /** Zeros are an instruction; a program that has come among them has crashed, with no event at all. */
    @Test
    void a_program_that_goes_astray_is_no_program_that_ends() throws IOException {
        CheckResult result = check(guest("", "nop; movl $0x300000, %ecx; jmp *%rcx", "nop"), unbounded);

        assertThat(result.layers()).isZero();
        assertThat(result.counterexamples())
                .extracting(found ->
                        found.violation().invariant() + " " + found.violation().subject())
                .containsExactly("no-crash astray");
    }

    @Test
    void a_handler_that_never_ends_comes_to_the_limit_of_instructions() throws IOException {
        CheckResult result = check(guest("", "nop", "nop; 1: incl flag; jmp 1b"), unbounded);

        assertThat(result.limit()).isEqualTo(Limit.INSTRUCTIONS);
        assertThat(result.reason()).startsWith("a run with 1 event does not end");
        assertThat(result.layers()).isZero();
    }

    @Test
    void a_layer_in_which_a_run_is_too_long_is_explored_to_its_end() throws IOException {
        String handler = "cmpq $window, (%rsp); jne 2f; 1: incl flag; jmp 1b; 2: incl %ebx";
        CheckResult result = check(guest("", "nop; nop", handler), unbounded);

        assertThat(result.verdict())
                .as("another run of the layer breaks something")
                .isEqualTo(Verdict.VIOLATED);
    }

    // ---- dead stack words that are read

    @ParameterizedTest(name = "{1} words: {0}")
    @CsvSource({
        "'movq -8(%rsp), %rdx', 1",
        "'movq -12(%rsp), %rdx', 2",
        "'movl -10(%rsp), %edx', 2",
        "'movq -8(%rsp), %rdx; movq -16(%rsp), %rdx; movq -24(%rsp), %rdx', 3",
        "'leaq -64(%rsp), %rsi; movl $8, %ecx; rep lodsq', 8"
    })
    void all_words_that_are_read_are_learnt_of_at_once(String reads, int words) throws IOException {
        String pushes = "pushq $1; ".repeat(8) + "popq %rax; ".repeat(8);
        Explorer exploration = new Explorer(guest(TASK_STACK, pushes + reads, "nop"), unbounded, new CheckProgress());

        CheckResult result = exploration.run();

        assertThat(exploration.attempts())
                .as("one that learns what lives, one or two that learn what is to be compared, and the last")
                .isBetween(2, 4);
        assertThat(exploration.live().quadwords()).hasSize(words);
        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
    }

    @Test
    void instructions_on_the_stack_are_learnt_of_at_once() throws IOException {
        String program = "movabsq $0x9090c3c3c3c3c3c3, %rax; pushq %rax; leaq (%rsp), %rbx; popq %rcx; call *%rbx";
        Explorer exploration = new Explorer(guest(TASK_STACK, program, "nop"), unbounded, new CheckProgress());

        CheckResult result = exploration.run();

        assertThat(exploration.attempts()).isEqualTo(2);
        assertThat(result.liveWords()).singleElement().asString().contains(" to ");
    }

    // ---- a search about nothing

    @Test
    void a_window_that_is_never_reached_is_refused() throws IOException {
        Fixture astray = SmallGuest.window(directory, "unexpected", "nop", "nop");

        assertThatThrownBy(() -> check(astray, unbounded))
                .isInstanceOf(NothingToExploreException.class)
                .hasMessageContaining("never reaches the START of directive 'window'");
    }

    @Test
    void events_that_can_arrive_nowhere_are_refused() throws IOException {
        Fixture fixture = guest("check-region unexpected unexpected+0x10", "nop; nop", "nop");

        assertThatThrownBy(() -> SmallGuest.check(fixture, InjectedEvent.INT3))
                .isInstanceOf(NothingToExploreException.class)
                .hasMessageContaining("int3 cannot arrive at any boundary of the window");
    }

    @Test
    void kinds_that_could_arrive_nowhere_are_named() throws IOException {
        Fixture fixture = guest("check-region unexpected unexpected+0x10", "nop; nop", "nop");
        List<InjectedEvent> both = List.of(InjectedEvent.INT3, InjectedEvent.NMI);

        CheckResult result =
                check(fixture, new CheckOptions(both, Integer.MAX_VALUE, 1, 1 << 28, 0, 1, CostModel.UNIT));

        assertThat(result.coverage().neverPossible()).containsExactly(InjectedEvent.INT3);
        assertThat(result.storm()).as("a storm of the first").startsWith("the program ends after ");
    }

    @Test
    void a_window_may_begin_at_reset() throws IOException {
        Fixture fixture = SmallGuest.window(directory, "_start", "nop", "nop");

        assertThat(SmallGuest.check(fixture).coverage().boundaries()).isPositive();
    }

    // ---- what a verdict rests on

    @Test
    void what_is_watched_and_what_is_not_is_told() throws IOException {
        CheckResult result = check(guest("", "nop", "nop"), unbounded);

        assertThat(result.coverage().watched()).contains("context-restored", "no-lost-nmi", "progress");
        assertThat(result.coverage().notWatched()).anySatisfy(missing -> {
            assertThat(missing.invariant()).isEqualTo("frame-intact");
            assertThat(missing.why()).isEqualTo("no directive 'pt-regs'");
        });
        assertThat(result.coverage().assumptions())
                .anyMatch(text -> text.contains("vendor=intel"))
                .anyMatch(text -> text.contains("does not read the time"))
                .anyMatch(text -> text.contains("96-bit"));
    }

    // ---- ended from outside

    @Test
    void a_search_can_be_ended_from_outside() throws IOException {
        CheckProgress progress = new CheckProgress();
        progress.interrupt();

        CheckResult result = new Explorer(guest("", "nop", "nop"), unbounded, progress).run();

        assertThat(result.verdict()).isEqualTo(Verdict.BOUNDED);
        assertThat(result.limit()).isEqualTo(Limit.INTERRUPTED);
    }
}
