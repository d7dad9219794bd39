package io.github.nmi64.oracle.player;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.oracle.player.Damage.Kind;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The player finds nothing wrong with entries that are known to hold, and in each that is not what is wrong with it. */
class PlayerTest {
    private static final Repertoire.Size SIZE = new Repertoire.Size(300, 200, 4711, true);

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "v33-plain-kernel",
                "v37-one-int3-kernel",
                "v37-two-int3-user",
                "v42-one-int3-kernel",
                "v42-two-int3-user",
                "b05-syscall-gap-v42",
                "b22-second-idt",
                "b26-cr2-kept",
                "b32-ret-v33-kernel",
                "b36-iret-to-self-v37",
                "b38-mov-ss-int3-no-ist",
                "b40-cr3-kept"
            })
    void an_entry_that_holds_does_no_damage(String name) {
        Repertoire.Result result = play(Entries.bundled("catalogue/" + name));

        assertThat(result.found()).isEmpty();
        assertThat(result.doubts()).isZero();
        assertThat(result.plays()).isGreaterThan(100);
    }

    @ParameterizedTest
    @CsvSource({
        "b04-user-rsp-t,              1, RESUMED, rdi is",
        "b05-syscall-gap-v37,         1, HANDLER, no handler has started",
        "b10-no-stack-test,           2, RESUMED, does not within",
        "b15-never-cleared,           2, HANDLER, no handler has started",
        "b02-rdi-lost-in-handler-user, 2, PT_REGS, rdi",
        "b22-int3-frame-overwritten,  1, RESUMED, does not within",
        "b26-cr2-lost,                1, RESUMED, cr2 is",
        "b29-state-left-before-cr2,   2, RESUMED, cr2 is",
        "b32-ret-user,                1, RESUMED, the run ends instead",
        "b35-iret-32,                 1, RESUMED, the run ends instead",
        "b38-mov-ss-int3,             1, RESUMED, does not within",
        "b42-watched-nmi-stack,       2, RESUMED, does not within"
    })
    void damage_is_found(String name, int events, Kind kind, String told) {
        Repertoire.Found found =
                play(Entries.bundled("catalogue/" + name)).found().orElseThrow();

        assertThat(found.strikes()).hasSize(events);
        assertThat(found.damage().kind()).as(found.toString()).isEqualTo(kind);
        assertThat(found.damage().detail()).contains(told);
    }

    @Test
    void a_register_only_the_kernel_can_see_is_the_programs() throws IOException {
        Damage damage = damage("""
                        .macro  arm
                        movl    $0x402, %eax
                        movq    %rax, %dr7
                        .endm
                        kernel_victim arm
                nmi:    pushq   %rax
                        xorl    %eax, %eax
                        movq    %rax, %dr7
                        call    do_nmi
                        popq    %rax
                        iretq
                do_nmi: nop
                do_nmi_end:
                        ret
                """);

        assertThat(damage.kind()).isEqualTo(Kind.RESUMED);
        assertThat(damage.detail()).contains("dr7 is 0x400 and was 0x402");
    }

    @Test
    void memory_of_the_program_is_compared_where_it_goes_on() throws IOException {
        Damage damage = damage("""
                        kernel_victim
                nmi:    call    do_nmi
                        iretq
                do_nmi: incq    count(%rip)
                do_nmi_end:
                        ret
                        .data
                        .balign 8
                count:  .quad   0
                """);

        assertThat(damage.kind()).isEqualTo(Kind.RESUMED);
        assertThat(damage.detail()).contains("is 0x1 and was 0x0");
    }

    @Test
    void an_instruction_that_is_left_out_is_missed_although_nothing_else_differs() throws IOException {
        Damage damage = damage("""
                        kernel_victim
                nmi:    incq    (%rsp)
                        call    do_nmi
                        iretq
                do_nmi: nop
                do_nmi_end:
                        ret
                """);

        assertThat(damage.kind()).isEqualTo(Kind.RESUMED);
    }

    @Test
    void what_is_below_the_stack_pointer_counts_when_the_program_reads_it() throws IOException {
        Damage damage = damage("""
                        .text
                fixture_main:
                        movq    $7, -8(%rsp)
                window: nop
                        movq    -8(%rsp), %rbx
                window_end:
                        exit    0
                        gate    2, nmi
                nmi:    call    do_nmi
                        iretq
                do_nmi: nop
                do_nmi_end:
                        ret
                """);

        assertThat(damage.kind()).isEqualTo(Kind.ORDER);
        assertThat(damage.detail()).contains("rbx is").contains("and was 0x7");
    }

    @Test
    void what_the_handler_sends_is_output_of_the_run() throws IOException {
        Damage damage = damage("""
                        kernel_victim
                nmi:    call    do_nmi
                        iretq
                do_nmi: pushq   %rax
                        movb    $'x', %al
                        outb    %al, $0xe9
                        popq    %rax
                do_nmi_end:
                        ret
                """);

        assertThat(damage.kind()).isEqualTo(Kind.END);
    }

    @Test
    void an_nmi_that_stays_blocked_is_damage_although_no_register_differs() throws IOException {
        Damage damage = damage("""
                        kernel_victim
                nmi:    call    do_nmi
                        addq    $8, %rsp
                        popq    frame_cs(%rip)
                        popfq
                        movq    (%rsp), %rsp
                        jmp     window
                do_nmi: nop
                do_nmi_end:
                        ret
                        .section .stacks
                frame_cs: .quad 0
                        .text
                """);

        assertThat(damage.detail()).contains("NMI blocking is 0x1 and was 0x0");
    }

    @Test
    void program_and_handler_may_share_code_and_stack_position() throws IOException {
        Repertoire.Result result = play(own("""
                        .text
                sync_core:
                        movq    %rsp, %rax
                        pushq   $KERNEL_DS
                        pushq   %rax
                        pushfq
                        pushq   $KERNEL_CS
                        pushq   $1f
                        iretq
                1:      ret
                fixture_main:
                        xorl    %eax, %eax
                window: call    sync_core
                window_end:
                        exit    0
                        .include "entry-v37.inc"
                do_nmi: pushq   %rax
                        call    sync_core
                        popq    %rax
                do_nmi_end:
                        ret
                """));

        assertThat(result.found()).isEmpty();
        assertThat(result.singles()).isEqualTo(9);
    }

    @Test
    void a_window_nobody_comes_to_is_refused() throws IOException {
        Fixture fixture = own("""
                        .text
                fixture_main:
                        exit    0
                window: nop
                window_end:
                nmi:    call    do_nmi
                        iretq
                do_nmi: nop
                do_nmi_end:
                        ret
                """);

        assertThatThrownBy(() -> new Player(fixture)).hasMessageContaining("never comes to the window");
    }

    private Damage damage(String source) throws IOException {
        return play(own(source)).found().orElseThrow().damage();
    }

    private Fixture own(String source) throws IOException {
        return Entries.assembled(directory, """
                        .set    PT_REGS_UNWATCHED, 1
                        .include "check-victim.inc"
                        gate    2, nmi, ist=IST_NMI
                """ + source);
    }

    private static Repertoire.Result play(Fixture fixture) {
        return Repertoire.play(new Player(fixture), Entries.kinds(fixture), SIZE);
    }
}
