/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC reads RDX back only behind the copying. A breakpoint there opens NMIs, and the next one replaces the RDX
 * word; the nested path itself destroys RDI even before.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-rfc.inc"

        directive "title rfc: NMIs opened during the copying, RDI and RDX are lost"
        directive "catalogue B19 RDX is read back after the variable is set"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 3"
        directive "check-events nmi,int3"
        directive "check-region reload_rdx restart_nmi"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3
