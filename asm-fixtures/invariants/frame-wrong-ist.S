/* SPDX-License-Identifier: MIT */
/*
 * The gate of the NMI names the IST entry of #BP. An NMI in the handler of the program's breakpoint starts at the top of the
 * stack that handler is on: its frame replaces the one by which the breakpoint was to return.
 */
        .include "machine.inc"

        directive "title The NMI's gate has the IST index of the breakpoint's"
        directive "catalogue IV03 an NMI on the stack of the handler it interrupts"
        directive "entry own"
        directive "verdict violated frame-overwritten frame events 1"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

        gate    2, nmi, ist=IST_DEBUG
        gate    3, breakpoint, ist=IST_DEBUG

        .text
fixture_main:
        load_registers victim
window:
        int3
window_end:
        exit    0

breakpoint:
        nop
        iretq

nmi:
        cld
        call    do_nmi
        iretq

do_nmi:
        nop
do_nmi_end:
        ret
