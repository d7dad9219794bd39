/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry of v3.7. NMIs are open since the handler's breakpoint. One more breakpoint strikes between the clearing
 * of the variable and the last IRETQ; in its handler, off the NMI stack, neither variable nor RSP tells that an NMI
 * is nested: it is taken for a first one and overwrites the frame about to be popped.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37.inc"

        directive "title v3.7: NMI in an exception handler between clearing and IRETQ"
        directive "catalogue B18 an exception between the clearing of the variable and the last IRETQ"
        directive "entry v3.7"
        directive "verdict violated frame-overwritten frame events 3"
        directive "check-events nmi,int3"
        directive "check-region nmi_cleared nmi_cleared+2"

        kernel_victim
        nmi_handler breakpoint_once
