/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v3.7 entry with an exit as espfix64 made it: a return to user mode copies its frame word by word to another
 * stack and pops it there. By then the variable is 0, so only the stack test recognises a nested NMI, and what that
 * one writes for the last IRETQ is what the copy reads in part: the user's RIP with the kernel's CS, or words of a
 * frame that nobody pops.
 *
 * The kernel copies only if SS is a 16-bit segment; here every return to user mode does.
 */
        .set    OWN_IRQ_RETURN, 1
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title v3.7 with espfix: nested NMI while the exit copies its frame"
        directive "catalogue B09 the frame is read in part before, in part after it was rewritten"
        directive "entry mutant of v3.7"
        directive "verdict violated context-restored cs events 2"
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
