/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b18-breakpoint-in-exit-v37 with the breakpoint handled on the current stack. RSP stays on the NMI stack, so a
 * nested NMI is recognised; but the breakpoint's frame lies where the outermost frame was, which the repetition reads
 * again.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37.inc"

        directive "title v3.7: an exception on the NMI stack, before the last IRETQ, overwrites the outermost frame"
        directive "catalogue B18 an exception on the current stack between the clearing and the last IRETQ"
        directive "entry v3.7"
        directive "verdict violated frame-intact rip events 3"
        directive "check-events nmi,int3"
        directive "check-region nmi_cleared nmi_cleared+2"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3, ist=0
