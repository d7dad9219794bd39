/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine check in the prologue of v3.7 opens NMIs before variable and frames are complete. Nothing of what has
 * changed since the RFC helps: the hardware pushes the next frame at the same place. The interrupted program is the
 * kernel's.
 */
        .include "scenario-machine-check.inc"
        .include "entry-v37.inc"

        directive "title v3.7: #MC in the prologue, kernel program"
        directive "catalogue B18 NMIs opened in the prologue by a machine check"
        directive "entry v3.7"
        directive "verdict violated frame-overwritten frame events 3"
        directive "check-region mce nmi end_repeat_nmi"

        machine_check_victim kernel
