/* SPDX-License-Identifier: MIT */
/*
 * A user program that makes a system call no kernel has: through entry_SYSCALL_64 and do_syscall_64, and back. Events
 * arrive at every boundary, also where the kernel still runs on the user's stack or with the user's GS base.
 */
        .include "bringup.inc"

        .set    NO_SUCH_CALL, 100000
        .set    ENOSYS, 38


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
        fill    rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        movl    $NO_SUCH_CALL, %eax
        jmp     window
window:
        syscall
        nop
window_end:
        cmpl    $-ENOSYS, %eax
        jne     1f
        exit    0
1:      exit    1
        .balign 4096
        .fill   4096
user_stack_top:
