/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exit of b09-espfix-exit on the v4.2 entry: the frame of a return to user mode lies on the thread's stack, where
 * no nested NMI writes.
 */
        .set    OWN_IRQ_RETURN, 1
        .include "scenario.inc"
        .include "entry-v42.inc"

        directive "title v4.2 with espfix: nested NMI while the exit copies its frame"
        directive "catalogue B09 the remedy: NMIs from user mode leave the NMI stack"
        directive "entry v4.2"
        directive "verdict proved"
        directive "window window window_end"
        directive "handler-data espfix_frame espfix_frame+40"

        gate    3, debug_handler, ist=IST_DEBUG
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

irq_return:
        testb   $3, 8(%rsp)
        jnz     1f
        iretq
1:      pushq   %rax
        pushq   %rdi
        movq    $espfix_frame, %rdi
        .irp    word, 0, 8, 16, 24, 32
        movq    16 + \word(%rsp), %rax
        movq    %rax, \word(%rdi)
        .endr
        popq    %rdi
        popq    %rax
        movq    $espfix_frame, %rsp
        iretq

user_finished:
        exit    0

debug_handler:
        iretq

do_nmi:
        pushq   %rbx
        int3
        popq    %rbx
do_nmi_end:
        ret

        .bss
        .balign 16
        .fill   64
espfix_frame:
        .fill   64
        .text
