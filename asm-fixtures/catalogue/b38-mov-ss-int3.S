/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MOV SS from a watched address, then INT3. The shadow of MOV SS holds the debug exception over INT3, so it strikes
 * at the first instruction of the #BP handler. Both vectors use the same IST stack: the frame of #DB replaces that of
 * #BP, and the #BP handler returns to itself for ever.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title MOV SS carries a debug exception into the #BP handler"
        directive "catalogue B38 #DB overwrites the #BP frame on the shared IST stack"
        directive "entry v3.7"
        directive "verdict violated frame-overwritten frame events 1"
        directive "check-events nmi,db"
        directive "check-region shadowed window_end"
        directive "window window window_end"

        gate    1, debug, ist=IST_DEBUG
        gate    3, breakpoint, ist=IST_DEBUG, dpl=3

        .text
fixture_main:
        load_registers victim
window:
        movw    kernel_ds(%rip), %ss
shadowed:
        int3
window_end:
        exit    0

debug:
        iretq
breakpoint:
        nop
        iretq

do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret

        .section .rodata
kernel_ds:
        .word   KERNEL_DS
        .text
