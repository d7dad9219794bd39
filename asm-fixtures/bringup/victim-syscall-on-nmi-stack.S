/* SPDX-License-Identifier: MIT */
/*
 * A malicious user program: it makes a system call with RSP just where a nested NMI would find it in the NMI stack. Until
 * the kernel has switched stacks, an NMI finds kernel mode and that RSP; the entry tells the two apart by DF.
 */
        .include "bringup.inc"

        .set    NO_SUCH_CALL, 100000
        .set    ENOSYS, 38


        .globl  victim
victim:
        movabsq $nmi_stack_top - 0x58, %rax
        pushq   $USER_DS
        pushq   %rax
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
