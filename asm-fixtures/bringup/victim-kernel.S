/* SPDX-License-Identifier: MIT */
/* A program of the kernel on a stack of its own: every kind of flag, a push, DF set and cleared, CLI and STI. */
        .include "bringup.inc"

        directive "stack victim_stack victim_stack_top"

        .globl  victim
victim:
        movq    $victim_stack_top, %rsp
        fill    rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        jmp     window
window:
        nop
        stc
        pushq   %rax
        std
        popq    %rax
        cld
        movq    %rax, victim_data
        sti
        nop
        cli
        nop
window_end:
        exit    0

        .data
        .balign 8
victim_data:
        .quad   0
victim_data_end:
        .balign 4096
        .fill   8192
        .set    victim_stack, . - 8192
victim_stack_top:
