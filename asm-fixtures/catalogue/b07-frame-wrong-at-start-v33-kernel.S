/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry of v3.3, a kernel program. A breakpoint behind the clearing of the variable opens NMIs; the next one asks
 * for a repetition, which runs with NMIs open. One more, between the fix-up and the handler, and the handler starts
 * with pt_regs that say repeat_nmi in the kernel.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33.inc"

        directive "title v3.3: the handler starts with pt_regs of repeat_nmi, kernel program"
        directive "catalogue B07 pt_regs are wrong when the repeated handler starts"
        directive "entry v3.3"
        directive "verdict violated frame-intact rip events 4"
        directive "check-events nmi,int3"
        directive "check-region nmi_cleared nmi_cleared+2"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3, ist=0
