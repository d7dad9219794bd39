/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b38-mov-ss-int3 with the remedy of v4.17: #BP has no IST, so its frame lies on the stack of the program.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title #BP without IST survives a debug exception at its first instruction"
        directive "catalogue B38 the remedy: #BP off the IST stack"
        directive "entry v3.7"
        directive "verdict proved"
        directive "check-events nmi,db"
        directive "check-region shadowed window_end"
        directive "window window window_end"

        gate    1, debug, ist=IST_DEBUG
        gate    3, breakpoint, dpl=3

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
