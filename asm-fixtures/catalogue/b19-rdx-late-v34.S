/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b19-rdx-late-v33 on the entry of v3.4, which has read RDX back before it sets the variable, and copies within the
 * fix-up region: the three events do no harm. (A fourth would: with NMIs open, one in the handler of a second
 * breakpoint is B18.) pt_regs are not watched, as they change in v3.4 anyway.
 */
        .set    PT_REGS_UNWATCHED, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v34.inc"

        directive "title v3.4: NMIs opened during the copying, RDX is safe"
        directive "catalogue B19 control: RDX is read back before the variable is set"
        directive "entry v3.4"
        directive "verdict bounded"
        directive "check-max-events 3"
        directive "check-events nmi,int3"
        directive "check-region repeat_nmi end_repeat_nmi"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3
