/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC's entry, a kernel program. Here nothing opens NMIs in the handler. A breakpoint behind the clearing of the
 * variable does, where RDI is the program's again; the nested NMI there leaks a kernel address into it.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-rfc.inc"

        directive "title RFC: an address of the NMI stack leaks into RDI of the kernel program"
        directive "catalogue B03 RDI of the interrupted program is lost"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 3"
        directive "check-events nmi,int3"
        directive "check-region nmi_cleared nmi_cleared+2"

        kernel_victim
        nmi_handler nothing
        idle_debug_handler 3, ist=0
