/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positive control: as long as the handler takes no exception, nothing opens NMIs under it, and the entry of v3.4 is
 * sound.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v34.inc"

        directive "title v3.4: handler with no exception, user program"
        directive "catalogue FX06 positive control"
        directive "entry v3.4"
        directive "verdict proved"

        user_victim
        nmi_handler nothing
