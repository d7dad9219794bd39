/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C part of v4.2 as it is: CR2 is put back first, and only then the state is left.
 */
        .include "scenario.inc"
        .include "entry-v42.inc"

        directive "title CR2 is put back before the state is left"
        directive "catalogue B29 the right order"
        directive "entry v4.2"
        directive "verdict proved"
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
