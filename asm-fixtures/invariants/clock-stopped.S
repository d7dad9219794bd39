/* SPDX-License-Identifier: MIT */
/*
 * A handler that moves its stack by an offset taken from the time-stamp counter, as kernels do, and leaves a word at the place it
 * came to. With a clock that runs, each NMI comes to another place; under the rule that it stands still there is one, and
 * the search has an end.
 */
        .include "machine.inc"

        directive "title A handler that reads the clock, which stands still"
        directive "catalogue IV06 control: the clock is read and stands still"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "rules tsc=stopped"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        load_registers victim
window:
        int3
        nop
window_end:
        exit    0

        gate    3, breakpoint
breakpoint:
        rdtsc
        nop
        iretq

nmi:
        cld
        pushq   %rax
        pushq   %rdx
        pushq   %rbp
        call    do_nmi
        popq    %rbp
        popq    %rdx
        popq    %rax
        iretq

do_nmi:
        movq    %rsp, %rbp
        rdtsc
        andl    $0x3f0, %eax
        subq    %rax, %rsp
        pushq   %rax
        movq    %rbp, %rsp
do_nmi_end:
        ret
