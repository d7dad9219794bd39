package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The invariant {@code interference}: what an event leaves behind is found, and what is left out of the comparison is left
 * out rightly. Each exclusion has a program that it lets pass and one that a careless exclusion would hide.
 */
class NonInterferenceTest {
    /** The program's own handler of INT1, in which NMIs arrive too. */
    private static final String DEBUGS = "gate 1, own; .byte 0xf1; .pushsection .text, 1; own: nop; iretq; .popsection";

    /** A program whose handler of #DB does nothing. */
    private static final String TRAPS = "gate 1, own; .pushsection .text, 1; own: nop; iretq; .popsection; nop; nop";

    private static final String BREAKS = "gate 3, own; int3; .pushsection .text, 1; own: nop; nop; iretq; .popsection";

    @TempDir
    private Path directory;

    private CheckResult check(String directives, String program, String handler) throws IOException {
        return SmallGuest.check(SmallGuest.of(directory, directives.replace(';', '\n'), program, handler));
    }

    private CheckResult checkInterrupts(String directives, String program) throws IOException {
        Fixture guest = SmallGuest.of(directory, directives, program, "nop");
        return SmallGuest.check(guest, InjectedEvent.intr(32));
    }

    /** Each leaves one register other than it was; the program looks at none of them. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ebx | incl %ebx",
                "cr0 | push %rax; mov %cr0, %rax; xor $0x8, %al; mov %rax, %cr0; pop %rax",
                "cr2 | push %rax; mov $5, %eax; mov %rax, %cr2; pop %rax",
                "cr4 | push %rax; mov %cr4, %rax; xor $0x4, %al; mov %rax, %cr4; pop %rax",
                "cr8 | push %rax; mov $5, %eax; mov %rax, %cr8; pop %rax",
                "dr0 | push %rax; mov $5, %eax; mov %rax, %dr0; pop %rax",
                "dr3 | push %rax; mov $5, %eax; mov %rax, %dr3; pop %rax",
                "dr7 | push %rax; mov $0x402, %eax; mov %rax, %dr7; pop %rax",
                "ds | push %rax; xor %eax, %eax; mov %eax, %ds; pop %rax",
                "fs_base | push %rax; push %rcx; push %rdx; mov $0xc0000100, %ecx; mov $8, %eax; xor %edx, %edx; wrmsr;"
                        + " pop %rdx; pop %rcx; pop %rax",
                "kernel_gs_base | push %rax; push %rcx; push %rdx; mov $0xc0000102, %ecx; mov $8, %eax; xor %edx, %edx;"
                        + " wrmsr; pop %rdx; pop %rcx; pop %rax",
                "tsc_aux | push %rax; push %rcx; push %rdx; mov $0xc0000103, %ecx; mov $8, %eax; xor %edx, %edx; wrmsr;"
                        + " pop %rdx; pop %rcx; pop %rax",
                "idt_base | push $0; pushw $0x20; lidt (%rsp); add $10, %rsp",
                "rflags | xorl $1, 16(%rsp)"
            })
    void a_register_that_is_not_put_back_is_told_by_name(String name, String handler) throws IOException {
        CheckResult result = check("", "nop; nop", handler);

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(result.layers()).isEqualTo(1);
        assertThat(result.counterexamples())
                .extracting(Counterexample::violation)
                .anyMatch(violation -> violation.invariant().equals("context-restored")
                        && (name.equals("ebx") ? "rbx" : name).equals(violation.subject()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a word nobody reads | '' | nop | movq $1, flag | VIOLATED",
                "it is the handler's | handler-data flag flag+8 | nop | movq $1, flag | PROVED",
                "declared twice | handler-data flag flag+8; statistics flag flag+4 | nop | movq $1, flag | PROVED",
                "declared byte by byte | handler-data flag flag+1; handler-data flag+7 flag+8 | nop"
                        + " | movb $1, flag; movb $1, flag+7 | PROVED",
                "its neighbour in the quadword is not | handler-data flag flag+4 | nop | movl $1, flag+4 | VIOLATED",
                "only the program's is compared | victim-data per_cpu per_cpu+8 | nop | movq $1, flag | PROVED",
                "and that is | victim-data flag flag+8 | nop | movq $1, flag | VIOLATED",
                "even if it only counts | victim-data flag flag+8 | nop | incq flag | VIOLATED",
                "and what it reads below its stack | victim-data per_cpu per_cpu+8 | cmpq $0, -64(%rsp); nop"
                        + " | movq $7, __stack_top-64 | VIOLATED",
                "and what it comes back to on another stack | victim-data per_cpu per_cpu+8 | .pushsection .bss; .fill 256;"
                        + " other: .popsection; push $5; mov $other, %rsp; nop; mov $__stack_top-8, %rsp; cmpq $5, (%rsp);"
                        + " pop %rax | cmpq $other, 24(%rsp); jne 1f; movq $7, __stack_top-8; 1: | VIOLATED",
                "declared, and the program goes its way by it | handler-data flag flag+8 | mov flag, %ebx; nop"
                        + " | movq $1, flag | VIOLATED",
                "a counter | '' | nop | incq flag | BOUNDED",
                "a counter that the program reads | '' | nop; cmpq $0, flag | incq flag | VIOLATED",
                "a word that is put back | '' | nop | incq flag; decq flag | PROVED",
                "output | '' | nop | push %rax; out %al, $0xe9; pop %rax | VIOLATED",
                "a register of the serial port | '' | nop | push %rax; push %rdx; mov $0x3ff, %edx; mov $5, %al; out %al,"
                        + " %dx; pop %rdx; pop %rax | VIOLATED",
                "one that is put back | '' | nop | push %rax; push %rdx; mov $0x3ff, %edx; mov $5, %al; out %al,"
                        + " %dx; xor %eax, %eax; out %al, %dx; pop %rdx; pop %rax | PROVED",
                "a clock that stands still | rules tsc=stopped | nop | push %rax; push %rcx; push %rdx; mov $0x10, %ecx;"
                        + " mov $5, %eax; xor %edx, %edx; wrmsr; pop %rdx; pop %rcx; pop %rax | VIOLATED",
                "output of handlers, too | handler-output | nop | push %rax; out %al, $0xe9; pop %rax | PROVED",
                "the NMI stack is the entry's | '' | nop | push $7; add $8, %rsp | PROVED",
                "unless the program reads it | '' | mov nmi_stack_top-48, %rcx; nop | push $7; add $8, %rsp | VIOLATED",
                "below the stack nothing is kept | stack idt_end __stack_top | nop | movq $7, __stack_top-64 | PROVED",
                "unless the program reads it there | stack idt_end __stack_top | mov -64(%rsp), %rcx; nop"
                        + " | movq $7, __stack_top-64 | VIOLATED",
                "so it is with stacks nobody declares | '' | nop | movq $7, __stack_top-64 | PROVED",
                "which the program reads all the same | '' | mov -64(%rsp), %rcx; nop | movq $7, __stack_top-64 | VIOLATED",
                "what the program has on its stack | stack idt_end __stack_top | push $5; nop; pop %rax | cmpq $5, __stack_top-8;"
                        + " jne 1f; movq $6, __stack_top-8; 1: | VIOLATED",
                "RF as the processor pushed it | '' | nop; nop | nop | PROVED",
                "RF that the exit adds | '' | nop; nop | orl $0x10000, 16(%rsp) | VIOLATED",
                "a handler that recovers | recovers do_nmi | nop; xorl %ebx, %ebx | movl $1, %ebx | PROVED",
                "another way out by RET | '' | nop; nop | movq 24(%rsp), %rsp; ret | VIOLATED",
                "code the program runs on the NMI stack | '' | movl $0xc303b3, nmi_stack+64; nop; mov $nmi_stack+64,"
                        + " %rax; call *%rax; nop; call *%rax; xorl %ebx, %ebx; xorl %eax, %eax; nop | cmpl $0xc303b3,"
                        + " nmi_stack+64; jne 1f; movb $9, nmi_stack+65; 1: | VIOLATED",
                "a counter in the program's code | '' | call 1f; nop; call 1f; xorl %ebx, %ebx; jmp 2f; 1: movb $3,"
                        + " %bl; ret; 2: nop | incb 1b+1 | VIOLATED",
                "a trap that is pending at the return | check-max-events 1 | " + TRAPS
                        + " | pushfq; orl $0x100, (%rsp); popfq | VIOLATED",
                "and one that is over | check-max-events 1 | " + TRAPS + " | pushfq; orl $0x100, (%rsp); popfq; pushfq;"
                        + " andl $~0x100, (%rsp); popfq | BOUNDED",
                "an instruction is skipped | '' | nop; nop; nop | incq (%rsp) | VIOLATED",
            })
    void what_is_left_behind_is_found_and_nothing_else(
            String what, String directives, String program, String handler, Verdict verdict) throws IOException {
        assertThat(check(directives, program, handler).verdict()).as(what).isEqualTo(verdict);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "DR6 is the handler's | nop | PROVED",
                "but not under one of the program's own | " + DEBUGS + " | VIOLATED"
            })
    void dr6_counts_while_a_debug_exception_is_handled(String what, String program, Verdict verdict)
            throws IOException {
        String handler = "push %rax; mov $1, %eax; mov %rax, %dr6; pop %rax";

        assertThat(check("", program, handler).verdict()).as(what).isEqualTo(verdict);
    }

    /** A kernel that leaves its stack by a MOV, comes back to it, and takes interrupts on whatever stack it is on. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing is amiss | nop | PROVED",
                "the stack it has left is written to | testb $1, flag; je 1f; movq $6, __stack_top-8; 1: | VIOLATED",
                "a word further down on it is | testb $1, flag; je 1f; movq $6, __stack_top-24; 1: | PROVED"
            })
    void a_stack_that_is_left_by_a_mov_is_compared_as_far_as_the_program_reads_it(
            String what, String interrupt, Verdict verdict) throws IOException {
        String program =
                "gate 32, interrupt; .pushsection .data; .balign 16; second: .skip 256; second_top: .popsection;"
                        + " .pushsection .text, 1; interrupt: " + interrupt + "; iretq; .popsection;"
                        + " sti; push $5; push $7; mov %rsp, %rbx; mov $second_top, %rsp; movl $1, flag; nop; movl $0, flag;"
                        + " mov %rbx, %rsp; nop; pop %rcx; pop %rcx; nop; cli";

        CheckResult result = checkInterrupts("stack second second_top", program);

        assertThat(result.verdict()).as(what).isEqualTo(verdict);
        assertThat(result.counterexamples())
                .extracting(found -> found.violation().invariant())
                .allMatch("interference"::equals);
    }

    /** Below RSP is below RSP, also of a stack that was compared for a while since nobody was on it. */
    @Test
    void what_a_program_reads_below_rsp_is_compared_whoever_is_on_the_stack() throws IOException {
        String program =
                "mov -24(%rsp), %rcx; nop; push $5; mov %rsp, %rbx; mov $second_top, %rsp; nop; mov %rbx, %rsp; pop %rcx"
                        + "; .pushsection .data; .balign 16; second: .skip 256; second_top: .popsection";
        String directives = "stack second second_top";

        assertThat(check(directives, program, "movq $7, __stack_top-24").verdict())
                .isEqualTo(Verdict.VIOLATED);
        assertThat(check(directives, program, "movq $7, __stack_top-32").verdict())
                .isEqualTo(Verdict.PROVED);
    }

    /** The breakpoint's handler takes RSP to the top of its stack, pushes all five words again and returns by them. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"nop, BOUNDED", "'xorl %ebx, %ebx', VIOLATED"})
    void an_interrupted_handler_is_compared_when_it_is_resumed_by_a_copy(String what, Verdict verdict)
            throws IOException {
        String copies = """
                check-events nmi,int3
                check-region inner inner+1
                check-max-events 2
                """;
        String program = """
                gate 3, own, ist=IST_DEBUG
                .pushsection .text, 1
                own: push %%rbp
                mov %%rsp, %%rbp
                mov $debug_stack_top, %%rsp
                push 40(%%rbp)
                push 32(%%rbp)
                push 24(%%rbp)
                push 16(%%rbp)
                push 8(%%rbp)
                mov (%%rbp), %%rbp
                %s
                iretq
                .popsection
                nop
                """.formatted(what);
        String saves = "push %rbx; inner: nop; pop %rbx";
        Fixture fixture = SmallGuest.of(directory, copies, program, saves);
        CheckOptions options =
                new CheckOptions(fixture.directives().check().events(), 2, 1, 1 << 28, 0, 1, CostModel.UNIT);

        assertThat(new Explorer(fixture, options, new CheckProgress()).run().verdict())
                .isEqualTo(verdict);
    }

    /** It jumps out of its handler with the stack pointer of before, as longjmp does; the next frame may lie where the last was. */
    @Test
    void a_handler_that_the_program_leaves_by_a_jump_has_ended() throws IOException {
        String program = "gate 32, interrupt; gate 3, own; mov %rsp, %rbx; sti; push $5; push $6; push $7; int3; hlt;"
                + " own: mov %rbx, %rsp; sti; nop; nop; cli; jmp 1f; interrupt: nop; iretq; 1: nop";

        assertThat(checkInterrupts("", program).verdict()).isEqualTo(Verdict.PROVED);
    }

    /** Outside a debug handler nobody expects much of DR6; a program that reads it can tell all the same. */
    @Test
    void dr6_counts_for_a_program_that_reads_it() throws IOException {
        String handler = "push %rax; mov $1, %eax; mov %rax, %dr6; pop %rax";
        String program = "nop; mov %dr6, %rax; xor %eax, %eax; nop";

        assertThat(check("", program, handler).verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(check("", program, "nop").verdict()).isEqualTo(Verdict.PROVED);
    }

    /** The event is lost, and somebody else's handler runs where the program was. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"nop, PROVED", "'movq $1, flag', VIOLATED", "incl %ebx, VIOLATED"})
    void what_comes_in_the_place_of_an_event_leaves_nothing_behind(String handler, Verdict verdict) throws IOException {
        String program = """
                gate 18, do_nmi
                gate 11, own, ist=IST_EXCEPTION
                .pushsection .text, 1
                own: add $8, %%rsp
                %s
                iretq
                .popsection
                mov %%cr4, %%rax
                or $0x40, %%al
                mov %%rax, %%cr4
                andb $0x7f, idt+18*16+5
                begin: nop
                nop
                """.formatted(handler);
        Fixture fixture = SmallGuest.window(directory, "begin", program, "nop");

        assertThat(SmallGuest.check(fixture, InjectedEvent.MCE).verdict()).isEqualTo(verdict);
    }

    @Test
    void an_nmi_whose_delivery_faults_is_lost() throws IOException {
        String program =
                "gate 11, own, ist=IST_EXCEPTION\n.pushsection .text, 1\nown: add $8, %rsp\niretq\n.popsection\n"
                        + "andb $0x7f, idt+2*16+5\nbegin: nop\nnop";

        CheckResult result = SmallGuest.check(SmallGuest.window(directory, "begin", program, "nop"));

        assertThat(result.counterexamples())
                .extracting(found -> found.violation().invariant())
                .containsExactly("no-lost-nmi");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "dr6 was 0xffff0ff0 and is 0xffff0ff1 | '' | nop; mov %dr6, %rax; xor %eax, %eax; nop"
                        + " | push %rax; mov $0xffff0ff1, %eax; mov %rax, %dr6; pop %rax",
                "NMIs are still blocked | '' | nop; nop | push %rax; push %rbx; mov 40(%rsp), %rax; mov 16(%rsp), %rbx;"
                        + " mov %rbx, -8(%rax); mov 8(%rsp), %rbx; mov %rbx, -16(%rax); mov 32(%rsp), %rbx;"
                        + " mov %rbx, -24(%rax); pop %rbx; lea -24(%rax), %rsp; popfq; pop %rax; ret",
                "output was sent to a device | '' | nop; nop | push %rax; out %al, $0xe9; pop %rax"
            })
    void what_differs_is_told(String told, String directives, String program, String handler) throws IOException {
        assertThat(check(directives, program, handler).counterexamples())
                .extracting(found -> found.violation().detail())
                .anySatisfy(detail -> assertThat(detail).endsWith("; " + told));
    }

    @Test
    void a_program_in_a_handler_of_its_own_is_left_alone() throws IOException {
        assertThat(check("", BREAKS, "nop").verdict()).isEqualTo(Verdict.PROVED);
        assertThat(check("", BREAKS, "incl %ebx").verdict()).isEqualTo(Verdict.VIOLATED);
    }

    /** The frame of the program's own breakpoint is part of what it needs. */
    @Test
    void the_frame_of_the_programs_own_handler_is_compared() throws IOException {
        CheckResult result = check("", BREAKS, "cmpq $own, (%rsp); jne 1f; xorl $1, __stack_top-24; 1:");

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(result.layers()).isEqualTo(1);
    }

    /** A serialising IRET that program and handler share is no return to the program; a second NMI would come too early. */
    @Test
    void a_shared_iret_to_self_resumes_nobody() throws IOException {
        String sync = "gate 9, own; .pushsection .text, 1; own: mov %rsp, %rax; push $0x10; push %rax; pushfq; push $8;"
                + " push $1f; iretq; 1: ret; .popsection; call own; nop";

        assertThat(check("check-max-events 1", sync, "push %rax; call own; pop %rax")
                        .verdict())
                .isEqualTo(Verdict.BOUNDED);
    }

    @Test
    void what_differs_is_told_with_its_last_writer_and_what_to_declare() throws IOException {
        Violation violation =
                check("", "nop", "movq $1, flag").counterexamples().get(0).violation();

        assertThat(violation.invariant()).isEqualTo("interference");
        assertThat(violation.detail())
                .startsWith("the program resumes at window (0xffffffff81000")
                .contains("; [flag] was 0x0 and is 0x1, last written at step ")
                .endsWith(", do_nmi (if that is the handler's own: directive \"handler-data flag flag+0x8\")");
    }

    @Test
    void a_counter_is_named_among_the_assumptions() throws IOException {
        assertThat(check("check-max-events 2", "nop", "incq flag").coverage().assumptions())
                .contains("handlers only count in flag, which the program never reads;"
                        + " better declared 'statistics'");
    }

    @Test
    void the_search_without_burying_what_was_not_compared_comes_to_the_same() throws IOException {
        String program = "push $5; pop %rax; nop; nop";
        CheckResult declared = check("stack idt_end __stack_top", program, "push $7; add $8, %rsp");
        CheckResult found = check("", program, "push $7; add $8, %rsp");

        assertThat(declared.verdict()).isEqualTo(Verdict.PROVED).isEqualTo(found.verdict());
    }

    /** More levels than one digest of frames has room for, and than are remembered. One NMI does no harm; a second nests. */
    @Test
    void a_nest_as_deep_as_the_list_of_contexts_is_explored() throws IOException {
        String nest = "gate 9, own; .pushsection .text, 1; own: cmpl $70, %eax; jae 1f; incl %eax; int $9; 1: iretq;"
                + " .popsection; nop";

        CheckResult result = check("", nest, "pushq %rax; xorl %eax, %eax; int $9; popq %rax");

        assertThat(result.layers()).isEqualTo(2);
        assertThat(result.counterexamples())
                .extracting(found -> found.violation().subject())
                .contains("handler");
    }
}
