/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b18-breakpoint-in-exit-v37 with the breakpoint handled on the current stack: RSP stays on the NMI stack, and its test
 * tells that the NMI is nested.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37.inc"

        directive "title v3.7: NMI in an exception handler on the NMI stack, between clearing and IRETQ"
        directive "catalogue B18 control: the exception stays on the NMI stack"
        directive "entry v3.7"
        directive "verdict proved"
        directive "check-events nmi,int3"
        directive "check-region nmi_cleared nmi_cleared+2"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3, ist=0
