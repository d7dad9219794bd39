/* SPDX-License-Identifier: MIT */
/*
 * User code calls the kernel three times. The entry swaps GS, keeps the user's RSP in the per-CPU area, works
 * on its own stack and goes back by SYSRETQ. RSP, RFLAGS and both GS bases are what they were.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/syscall-swapgs.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SYSCALL, SWAPGS, SYSRET: three round trips"
        directive "reference SDM vol. 2, SYSCALL, SWAPGS, SYSRET; TP-183, TP-186, TP-191"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect memory calls 3"
        directive "expect register rbx 3"

        .set    USER_RFLAGS, 0xcd7      /* every status flag and DF */

        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
        .rept   3
        syscall
        leaq    1(%rbx), %rbx           /* LEA: the flags stay */
        .endr
        int     $0x80
        ud2

        .text
fixture_main:
        set_syscall_entry syscall_entry
        load_user_data_segments
        xorl    %ebx, %ebx
        enter_user user_main, user_stack_top, USER_RFLAGS

syscall_entry:
        swapgs
        movq    %rsp, %gs:user_rsp-per_cpu
        movq    $__stack_top, %rsp
        pushq   %rcx
        pushq   %r11
        incq    calls(%rip)
        movl    $1, %eax
        movabsq $PER_CPU_MAGIC, %rdx
        cmpq    %rdx, %gs:0
        jne     leave_machine
        movl    $2, %eax
        pushfq
        popq    %rdx
        testl   $0x47700, %edx          /* what FMASK clears; the compare above left only status flags */
        jne     leave_machine
        popq    %r11
        popq    %rcx
        movq    %gs:user_rsp-per_cpu, %rsp
        swapgs
        sysretq

user_finished:
        movl    $3, %eax
        cmpq    $user_stack_top, 24(%rsp)
        jne     leave_machine
        movl    $4, %eax
        cmpq    $USER_RFLAGS, 16(%rsp)
        jne     leave_machine
        movl    $5, %eax
        cmpq    $USER_CS, 8(%rsp)
        jne     leave_machine
        movl    $6, %eax
        cmpq    $USER_DS, 32(%rsp)
        jne     leave_machine
        read_msr MSR_GS_BASE
        cmpq    $USER_GS_BASE, %rax
        movl    $7, %eax
        jne     leave_machine
        read_msr MSR_KERNEL_GS_BASE
        cmpq    $per_cpu, %rax
        movl    $8, %eax
        jne     leave_machine
        exit    0

        .data
        .balign 8
calls:          .quad 0
