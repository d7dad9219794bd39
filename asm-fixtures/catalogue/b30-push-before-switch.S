/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v4.2 entry before anyone noticed that nothing may be pushed until the user's path has left the NMI stack: the
 * word below the saved RDX is the variable "NMI executing". Here SWAPGS saves RAX there, as a paravirtual one leaves
 * its return address; the user has chosen 1. The next NMI from the kernel believes to be nested and is not handled.
 */
        .set    PUSH_BEFORE_SWITCH, 1
        .include "scenario.inc"
        .include "entry-v42.inc"

        directive "title A push before the user's path has left the NMI stack"
        directive "catalogue B30 the pushed word is taken for the variable"
        directive "entry mutant of v4.2"
        directive "verdict violated no-lost-nmi events 2"
        directive "window window window_end"

        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
        movl    $1, %eax
window:
        syscall
window_end:
        int     $0x80
        ud2

        .text
fixture_main:
        set_syscall_entry syscall_entry
        load_user_data_segments
        load_registers victim
        enter_user user_main, user_stack_top

syscall_entry:
        swapgs
        movq    %rsp, user_rsp(%rip)
        movq    $__stack_top, %rsp
        nop
        movq    user_rsp(%rip), %rsp
        swapgs
        sysretq

user_finished:
        exit    0

do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
