/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry from before the RFC, a user program. The handler's breakpoint opens NMIs, and the next one starts at the
 * top of the same stack: it enters the handler a second time and overwrites the frame of the first.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-prepatch.inc"

        directive "title Before the RFC: a nested NMI enters the handler again, user program"
        directive "catalogue B01 a nested NMI overwrites the stack of the first"
        directive "entry prepatch"
        directive "verdict violated no-reentry events 2"

        user_victim
        nmi_handler breakpoint_once
