/* SPDX-License-Identifier: MIT */
/*
 * SYSCALL changes CPL, RIP and RFLAGS, but neither RSP nor the GS base. The NMI at its target sees kernel
 * selectors, the user's RSP, flags already masked, and the user's GS base: the saved CS does not tell which
 * GS base is in use.
 *
 * Schedule: NMI at the SYSCALL target.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/syscall-gap.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An NMI at the first instruction after SYSCALL"
        directive "reference SDM vol. 2, SYSCALL; TP-025"
        directive "inject nmi@at=syscall_entry"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_cs 0x08"
        directive "expect memory nmi_rflags 0x8d7"
        directive "expect memory nmi_ss 0x10"

        .set    USER_RFLAGS, 0xcd7      /* every status flag and DF */

        gate    2, nmi, ist=IST_NMI

        .section .user_text, "ax", @progbits
user_main:
        syscall
user_behind:
        ud2

        .text
fixture_main:
        set_syscall_entry syscall_entry
        load_user_data_segments
        enter_user user_main, user_stack_top, USER_RFLAGS

syscall_entry:
        swapgs
        movq    $__stack_top, %rsp
        movl    $1, %eax
        cmpq    $user_behind, %rcx
        jne     leave_machine
        movl    $2, %eax
        cmpq    $USER_RFLAGS, %r11
        jne     leave_machine
        movl    $3, %eax
        cmpq    $syscall_entry, nmi_rip(%rip)
        jne     leave_machine
        movl    $4, %eax
        cmpq    $user_stack_top, nmi_rsp(%rip)
        jne     leave_machine
        movl    $5, %eax
        cmpq    $USER_GS_BASE, nmi_gs_base(%rip)
        jne     leave_machine
        exit    0

nmi:
        pushq   (%rsp)
        popq    nmi_rip(%rip)
        pushq   8(%rsp)
        popq    nmi_cs(%rip)
        pushq   16(%rsp)
        popq    nmi_rflags(%rip)
        pushq   24(%rsp)
        popq    nmi_rsp(%rip)
        pushq   32(%rsp)
        popq    nmi_ss(%rip)
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        read_msr MSR_GS_BASE
        movq    %rax, nmi_gs_base(%rip)
        popq    %rdx
        popq    %rcx
        popq    %rax
nmi_end:
        iretq

        .data
        .balign 8
nmi_rip:        .quad 0
nmi_cs:         .quad 0
nmi_rflags:     .quad 0
nmi_rsp:        .quad 0
nmi_ss:         .quad 0
nmi_gs_base:    .quad 0
