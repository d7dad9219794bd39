package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.explore.CheckResult.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Progress, dead stack words, time and storms, each with as few instructions as show it. */
class SmallGuestTest {
    private static final String TASK_STACK = "stack idt_end __stack_top";
    private static final String READS_WHAT_IT_POPPED = "pushq $5; popq %rax; movq -8(%rsp), %rdx; nop";

    /** What it does if two NMIs strike at one place is left open. */
    private static final String REMEMBERS_THE_PLACE =
            "push %%rax; mov 8(%%rsp), %%rax; cmp flag, %%rax; jne 1f; %s; 1: mov %%rax, flag; pop %%rax";

    private static final String IN_A_BREAKPOINT =
            "gate 3, own; int3; xorl %ebx, %ebx; .pushsection .text, 1; own: nop; nop; nop; iretq; .popsection";

    @TempDir
    private Path directory;

    private CheckResult check(String directives, String program, String handler) throws IOException {
        return SmallGuest.check(SmallGuest.of(directory, directives, program, handler));
    }

    // ---- progress

    @Test
    void a_handler_that_loops_makes_no_progress() throws IOException {
        CheckResult result = check("", "nop", "nop; 1: nop; jmp 1b");

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(result.counterexamples()).singleElement().satisfies(example -> {
            assertThat(example.violation().invariant()).isEqualTo("progress");
            assertThat(example.violation().subject()).isEqualTo("livelock");
            assertThat(example.violation().detail()).contains("2 boundaries before");
            assertThat(example.schedule()).hasSize(1);
        });
    }

    @Test
    void a_program_may_idle() throws IOException {
        CheckResult result = check("", "1: nop; jmp 1b", "nop");

        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(result.counterexamples()).isEmpty();
    }

    @Test
    void a_program_that_idles_because_of_an_nmi_makes_no_progress() throws IOException {
        CheckResult result = check(SmallGuest.FLAG_IS_THE_HANDLERS, "1: cmpl $0, flag; jne 1b", "movl $1, flag");

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(result.counterexamples().get(0).violation().detail()).contains("without events the program ends");
    }

    @Test
    void a_halt_for_good_in_a_handler_is_no_progress() throws IOException {
        CheckResult result = check("", "nop", "cli; hlt");

        assertThat(result.counterexamples()).anySatisfy(example -> {
            assertThat(example.violation().invariant()).isEqualTo("progress");
            assertThat(example.violation().subject()).isEqualTo("halted");
        });
    }

    // ---- the end by steps

    @Test
    void a_program_that_never_ends_may_be_given_an_end() throws IOException {
        CheckResult endless = check("", "1: incq %rbx; jmp 1b", "nop");
        CheckResult ended = check("steps 10", "1: incq %rbx; jmp 1b", "nop");

        assertThat(endless.verdict()).isEqualTo(Verdict.BOUNDED);
        assertThat(ended.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(ended.coverage().boundaries()).isGreaterThanOrEqualTo(10);
        assertThat(ended.coverage().assumptions()).anyMatch(text -> text.contains(" for 10 steps of the program"));
    }

    /** What the handler executes is no step of the program: the end is where it is without events. */
    @Test
    void only_the_programs_own_steps_count_and_its_end_is_compared() throws IOException {
        CheckResult harmless = check("steps 5", "1: incq %rbx; jmp 1b", "nop; nop; nop; nop; nop; nop; nop");
        CheckResult harmful = check("steps 5", "1: incq %rbx; jmp 1b", "incq %rbx");

        assertThat(harmless.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(harmful.verdict()).isEqualTo(Verdict.VIOLATED);
    }

    @Test
    void what_a_fixture_assumes_is_printed_with_its_verdict() throws IOException {
        assertThat(check("assumes nobody writes to disk", "nop", "nop")
                        .coverage()
                        .assumptions())
                .contains("nobody writes to disk");
    }

    // ---- dead stack words

    @ParameterizedTest(name = "handler: {0}; {1}")
    @CsvSource({"nop, PROVED", "incl %ebx, VIOLATED", "'movq $6, __stack_top-8', VIOLATED"})
    void a_word_that_is_read_after_it_was_popped_lives(String handler, Verdict verdict) throws IOException {
        CheckResult merged = check(TASK_STACK, READS_WHAT_IT_POPPED, handler);
        CheckResult plain = check("", READS_WHAT_IT_POPPED, handler);

        assertThat(merged.verdict()).isEqualTo(verdict).isEqualTo(plain.verdict());
        assertThat(merged.liveWords()).singleElement().asString().endsWith("top-0x8");
        assertThat(plain.liveWords()).isEmpty();
        assertThat(merged.layers()).isEqualTo(plain.layers());
    }

    @Test
    void words_that_nobody_reads_again_do_not_tell_states_apart() throws IOException {
        String pushes = "pushq flag; popq %rax; movl $0, flag; xorl %eax, %eax; nop; nop; nop";
        String shared = SmallGuest.FLAG_IS_THE_HANDLERS;
        CheckResult merged = check(TASK_STACK + "\n" + shared, pushes, "movl $1, flag");
        CheckResult plain = check(shared, pushes, "movl $1, flag");

        assertThat(merged.verdict()).isEqualTo(Verdict.PROVED).isEqualTo(plain.verdict());
        assertThat(merged.liveWords()).isEmpty();
        assertThat(merged.states()).isLessThan(plain.states());
    }

    /** An NMI leaves the NMI stack for that of the program's own handler of #BP, which waits for nothing. */
    @ParameterizedTest(name = "NMIs that {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "leave a word | movq $7, nmi_stack_top-256 | PROVED | false",
                "read the word that the one before left | cmpq $7, nmi_stack_top-256; jne 1f; movl $7, %ebx; 1:"
                        + " movq $7, nmi_stack_top-256 | VIOLATED | true",
                "read it and make nothing of it | cmpq $7, nmi_stack_top-256; movq $7, nmi_stack_top-256 | PROVED | true",
            })
    void a_stack_that_an_iret_has_left_is_dead_unless_somebody_reads_it(
            String what, String handler, Verdict verdict, boolean lives) throws IOException {
        CheckResult result = check("", IN_A_BREAKPOINT, handler);

        assertThat(result.verdict()).as(what).isEqualTo(verdict);
        assertThat(result.layers()).isGreaterThanOrEqualTo(2);
        assertThat(result.liveWords()).hasSize(lives ? 1 : 0);
    }

    /** NMIs nest on one stack, and the breakpoint in their handler keeps on another where each one struck. */
    @Test
    void what_is_left_on_a_stack_after_an_iret_does_not_tell_states_apart() throws IOException {
        String program = "directive \"check-max-events 3\"; gate 2, do_nmi; gate 3, own, ist=IST_DEBUG; nop; "
                + ".pushsection .text, 1; own: mov %rax, debug_stack_top-256; iretq; .popsection";
        String handler = "push %rax; mov 8(%rsp), %rax; int3; pop %rax; nop; nop";
        String declared = "directive \"stack debug_stack debug_stack_top\"; " + program;
        CheckResult merged = SmallGuest.check(SmallGuest.withoutHandler(directory, declared, handler));
        CheckResult plain = SmallGuest.check(SmallGuest.withoutHandler(directory, program, handler));

        assertThat(merged.verdict()).isEqualTo(Verdict.BOUNDED).isEqualTo(plain.verdict());
        assertThat(merged.states()).isLessThan(plain.states());
    }

    /** Three software interrupts: one on a stack, one on another, and one on the first again, further down. */
    @Test
    void a_stack_somebody_waits_on_is_not_dead() throws IOException {
        String program = "gate 0x40, one, ist=IST_DEBUG; gate 0x41, two, ist=IST_MACHINE_CHECK; "
                + "gate 0x42, three, ist=IST_STACK_FAULT; movq $debug_stack_top-1024, tss_ist1; int $0x40; nop; nop; "
                + ".pushsection .text, 1; one: push $5; int $0x41; pop %rdx; iretq; two: int $0x42; nop; iretq; "
                + "three: nop; iretq; .popsection";
        CheckResult result = check(
                "stack debug_stack debug_stack_top\nstack machine_check_stack machine_check_stack_top", program, "nop");

        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(result.liveWords()).isEmpty();
    }

    // ---- memory that is immaterial

    /** The word called flag says where the last NMI struck. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nobody minds, and it is part of the state | handler-data flag flag+8 | nop | PROVED",
                "nobody minds | immaterial flag flag+8 | nop | PROVED",
                "a second NMI at the same place breaks something | handler-data flag flag+8 | incl %ebx | VIOLATED",
                "which is not looked for | immaterial flag flag+8 | incl %ebx | PROVED",
            })
    void what_only_immaterial_memory_tells_apart_is_not_looked_for(
            String what, String directive, String twiceAtOnePlace, Verdict verdict) throws IOException {
        CheckResult result = check(directive, "1: nop; nop; jmp 1b", REMEMBERS_THE_PLACE.formatted(twiceAtOnePlace));

        assertThat(result.verdict()).as(what).isEqualTo(verdict);
        assertThat(result.coverage().assumptions())
                .filteredOn(text -> text.contains("flag..flag+0x8, one was explored ('immaterial')"))
                .hasSize(directive.startsWith("immaterial") ? 1 : 0);
    }

    @Test
    void immaterial_memory_does_not_tell_states_apart() throws IOException {
        String handler = REMEMBERS_THE_PLACE.formatted("nop");
        CheckResult counted = check("handler-data flag flag+8", "nop; nop; nop; nop", handler);
        CheckResult uncounted = check("immaterial flag flag+8", "nop; nop; nop; nop", handler);

        assertThat(uncounted.states()).isLessThan(counted.states());
    }

    @Test
    void a_program_may_read_what_is_immaterial() throws IOException {
        String reads = "cmpq $0, flag; nop";
        CheckResult result = check("immaterial flag flag+8", reads, REMEMBERS_THE_PLACE.formatted("nop"));

        assertThat(result.coverage().assumptions()).noneMatch(text -> text.contains("the program reads data"));
    }

    // ---- time

    @Test
    void time_is_part_of_the_state_once_the_guest_reads_it() throws IOException {
        String reads = "rdtsc; nop; xorl %eax, %eax; xorl %edx, %edx";
        String bound = "check-max-events 1";

        assertThat(check(bound, reads, "nop").withTime()).isTrue();
        assertThat(check(bound, "nop; nop", "nop").withTime()).isFalse();
    }

    @ParameterizedTest(name = "{0}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a program that measures time | runs | nop | VIOLATED",
                "and finds that none has passed | stopped | nop | PROVED",
                "a handler that sets the clock | stopped | push %rax; push %rcx; push %rdx; mov $0x10, %ecx; mov $5, %eax;"
                        + " xor %edx, %edx; wrmsr; pop %rdx; pop %rcx; pop %rax | VIOLATED",
            })
    void a_clock_that_stands_still_is_a_register(String what, String rule, String handler, Verdict verdict)
            throws IOException {
        String measures = "rdtsc; mov %eax, %ebx; nop; rdtsc; sub %ebx, %eax; mov %eax, %ebx; xor %edx, %edx";
        CheckResult result = check("check-max-events 3\nrules tsc=" + rule, measures, handler);

        assertThat(result.withTime()).isEqualTo(rule.equals("runs"));
        assertThat(result.verdict()).as(what).isEqualTo(verdict);
        assertThat(result.coverage().assumptions())
                .anyMatch(
                        text -> text.contains(rule.equals("runs") ? "the clock is part of the state" : "stands still"));
    }

    // ---- storm

    @Test
    void an_nmi_at_every_boundary_leaves_the_program_no_time() throws IOException {
        CheckResult result = check("", "nop; nop", "nop");

        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(result.storm()).matches("livelock: \\d+ boundaries repeat from boundary \\d+ on");
    }
}
