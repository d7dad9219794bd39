/* SPDX-License-Identifier: MIT */
/*
 * The handler looks for the frame of a breakpoint it has interrupted, and sets the carry flag in it. The program is not the
 * one the NMI interrupted, so no comparison of registers sees it.
 */
        .include "machine.inc"

        directive "title An NMI handler changes RFLAGS in the frame of the breakpoint it interrupted"
        directive "catalogue IV03 RFLAGS changed by somebody else than the frame's own handler"
        directive "entry own"
        directive "verdict violated frame-overwritten rflags events 1"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

        gate    2, nmi, ist=IST_NMI
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
        orb     $1, debug_stack_top - 24(%rip)
do_nmi_end:
        ret
