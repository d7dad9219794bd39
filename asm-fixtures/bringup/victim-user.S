/* SPDX-License-Identifier: MIT */
/* A user program. It has IOPL 3, so that it can end the run by itself. */
        .include "bringup.inc"

        .globl  victim
victim:
        pushq   $USER_DS
        pushq   $user_stack_top
        pushq   $IOPL3_IF
        pushq   $USER_CS
        pushq   $user_program
        jmp     enter_user

        .section .user, "awx", @progbits
user_program:
        fill    rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        jmp     window
window:
        nop
        stc
        pushq   %rax
        std
        popq    %rax
        cld
        nop
window_end:
        exit    0
        .balign 4096
        .fill   4096
user_stack_top:
