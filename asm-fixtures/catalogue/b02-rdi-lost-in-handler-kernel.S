/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC's entry, a kernel program. A breakpoint in the handler opens NMIs; the nested path works with RDI, which it
 * has not saved, so the interrupted handler goes on with the top of the NMI stack - 96.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-rfc.inc"

        directive "title RFC: a nested NMI destroys RDI under the handler, kernel program"
        directive "catalogue B02 the nested path does not save RDI"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 2"

        kernel_victim
        nmi_handler breakpoint_once
