/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine check in the prologue of v3.3 opens NMIs before variable and frames are complete, as in the RFC. The
 * interrupted program is the kernel's.
 */
        .include "scenario-machine-check.inc"
        .include "entry-v33.inc"

        directive "title v3.3: #MC in the prologue, kernel program"
        directive "catalogue B18 NMIs opened in the prologue by a machine check"
        directive "entry v3.3"
        directive "verdict violated frame-overwritten frame events 3"
        directive "check-region mce nmi restart_nmi"

        machine_check_victim kernel
