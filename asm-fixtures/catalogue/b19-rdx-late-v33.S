/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v3.3 reads RDX back only behind the copying. A machine check there opens NMIs, and the next one replaces the
 * RDX word, so the program goes on with RDX of the entry.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33.inc"

        directive "title v3.3: NMIs opened during the copying, RDX of the program is lost"
        directive "catalogue B19 RDX is read back after the variable is set"
        directive "entry v3.3"
        directive "verdict violated context-restored rdx events 3"
        directive "cr4 mce"
        directive "check-events nmi,mce"
        directive "check-region reload_rdx restart_nmi"

        gate    18, machine_check, ist=IST_MACHINE_CHECK

        kernel_victim
        nmi_handler nothing
machine_check:
        iretq
