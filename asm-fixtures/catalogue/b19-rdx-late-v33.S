/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v3.3 reads RDX back only behind the copying. A breakpoint there opens NMIs, and the next one replaces the RDX word,
 * so the program goes on with RDX of the entry. pt_regs hold the wrong RDX too and are not watched here.
 */
        .set    PT_REGS_UNWATCHED, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33.inc"

        directive "title v3.3: NMIs opened during the copying, RDX of the program is lost"
        directive "catalogue B19 RDX is read back after the variable is set"
        directive "entry v3.3"
        directive "verdict violated context-restored rdx events 3"
        directive "check-events nmi,int3"
        directive "check-region reload_rdx restart_nmi"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3
