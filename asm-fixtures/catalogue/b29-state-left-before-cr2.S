/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C part of v4.2 in the wrong order: it leaves the state "executing" and only then puts CR2 back. An NMI between
 * the two begins anew, keeps the handler's fault address as if it were the program's, and the first one finds nothing
 * to put back.
 */
        .set    STATE_BEFORE_CR2, 1
        .include "scenario.inc"
        .include "entry-v42.inc"

        directive "title CR2 is put back after the state was left"
        directive "catalogue B29 an NMI between the two keeps the wrong CR2"
        directive "entry mutant of v4.2"
        directive "verdict violated context-restored cr2 events 2"
        directive "window window window_end"

        gate    14, page_fault
        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
window:
        nop
window_end:
        int     $0x80
        ud2

        .text
fixture_main:
        load_user_data_segments
        load_registers victim
        enter_user user_main, user_stack_top

user_finished:
        exit    0

/* Resumes behind the instruction, which has seven bytes. */
page_fault:
        addq    $8, %rsp
        addq    $7, (%rsp)
        iretq

do_nmi:
        pushq   %rbx
        movb    UNMAPPED, %al
        popq    %rbx
do_nmi_end:
        ret
