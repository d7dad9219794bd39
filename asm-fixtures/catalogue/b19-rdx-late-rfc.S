/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC reads RDX back only behind the copying. A machine check there opens NMIs, and the next one replaces the
 * RDX word; the nested path itself destroys RDI even before.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-rfc.inc"

        directive "title rfc: NMIs opened during the copying, RDI and RDX are lost"
        directive "catalogue B19 RDX is read back after the variable is set"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 3"
        directive "cr4 mce"
        directive "check-events nmi,mce"
        directive "check-region reload_rdx restart_nmi"

        gate    18, machine_check, ist=IST_MACHINE_CHECK

        kernel_victim
        nmi_handler nothing
machine_check:
        iretq
