/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Three breakpoints, each planted in the handler of the one before. Every level moves the IST pointer of the DEBUG
 * stack down by a page; the stack has two, and the NMI stack lies right below without a guard page. The third frame
 * is pushed at the top of the NMI stack: a running NMI would lose its own, and a new one would take that breakpoint's
 * handler for itself.
 */
        .include "scenario.inc"
        .include "entry-rfc.inc"

        directive "title The third nested breakpoint lands on the NMI stack"
        directive "catalogue B23 two shifts of the IST pointer end at the top of the NMI stack"
        directive "entry rfc"
        directive "verdict violated stack-bounds rsp events 3"
        directive "check-events nmi,int3"
        directive "check-region window window_end"
        directive "check-region breakpoint_body breakpoint_body_end"
        directive "window window window_end"

        gate    3, breakpoint, ist=IST_DEBUG, dpl=3

        .text
fixture_main:
        load_registers victim
window:
        nop
window_end:
        exit    0

breakpoint:
        subq    $4096, tss_ist3 + 8(%rip)
breakpoint_body:
        nop
breakpoint_body_end:
        addq    $4096, tss_ist3 + 8(%rip)
        iretq

do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
