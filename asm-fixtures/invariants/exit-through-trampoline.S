/* SPDX-License-Identifier: MIT */
/*
 * A system call leaves its stack by MOV and reads from it two words that it goes back with, as kernels do that return through
 * a trampoline stack. An NMI in user mode runs on that same stack and writes there. Nothing is wrong with it: whoever comes
 * from user mode finds a kernel stack empty, and writes the words before it reads them.
 */
        .include "machine.inc"

        directive "title A system call reads back from the stack it has left; NMIs in user mode use it, too"
        directive "reference Linux, swapgs_restore_regs_and_return_to_usermode"
        directive "catalogue IV05 the control: a system call exits through a trampoline stack"
        directive "entry own"
        directive "handler do_nmi do_nmi_end"
        directive "stack thread_stack thread_stack_top"
        directive "stack trampoline trampoline_top"
        directive "window user_call user_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "verdict proved"

        gate    2, nmi, ist=IST_NMI
        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
        movl    $5, %edi
user_call:
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
        pushq   caller_rsp(%rip)
        pushq   %rdi
        nop
        movq    %rsp, %rdi
        movq    $trampoline_top, %rsp
        pushq   8(%rdi)
        pushq   (%rdi)
        popq    %rdi
        popq    %rsp
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
        .fill   16
trampoline:
        .fill   64
trampoline_top:
        .text
