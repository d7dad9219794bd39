/* SPDX-License-Identifier: MIT */
/*
 * A system call finds on its stack what an earlier one has left there, though nobody was on that stack in between: an NMI in
 * user mode runs on it and writes there. NMIs arrive in user mode only, so that nothing but the read itself tells.
 */
        .include "machine.inc"

        directive "title A system call reads what an earlier one left on its stack; NMIs in user mode use it, too"
        directive "catalogue IV05 a word that is left on a stack nobody uses"
        directive "entry own"
        directive "handler do_nmi do_nmi_end"
        directive "stack thread_stack thread_stack_top"
        directive "window user_call user_end"
        directive "check-region nmi user_call user_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "verdict violated interference state events 1"

        gate    2, nmi, ist=IST_NMI
        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
        movl    $5, %edi
user_call:
        syscall
        nop
        syscall
        nop
user_end:
        int     $0x80
        ud2

        .text
fixture_main:
        set_syscall_entry syscall_entry
        load_user_data_segments
        load_registers victim
        enter_user user_main, user_stack_top, 2

syscall_entry:
        movq    %rsp, caller_rsp(%rip)
        movq    $thread_stack_top, %rsp
        movq    -8(%rsp), %r8
        pushq   %rdi
        popq    %rdi
        movq    caller_rsp(%rip), %rsp
        sysretq

nmi:
        testb   $3, 8(%rsp)
        jnz     from_user
        call    do_nmi
        iretq
from_user:
        pushq   %rdi
        movq    %rsp, %rdi
        movq    $thread_stack_top, %rsp
        pushq   %rdi
        pushq   %rdi
        call    do_nmi
        popq    %rdi
        movq    %rdi, %rsp
        popq    %rdi
        iretq

do_nmi:
        nop
do_nmi_end:
        ret

user_finished:
        exit    0

        .data
        .balign 8
caller_rsp:
        .quad   0
        .balign 16
thread_stack:
        .fill   256
thread_stack_top:
        .text
