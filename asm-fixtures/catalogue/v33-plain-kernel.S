/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positive control: as long as the handler takes no exception, nothing opens NMIs under it, and the entry of v3.3 is
 * sound.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33.inc"

        directive "title v3.3: handler with no exception, kernel program"
        directive "catalogue FX06 positive control"
        directive "entry v3.3"
        directive "verdict proved"

        kernel_victim
        nmi_handler nothing
