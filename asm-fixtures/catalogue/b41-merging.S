/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Five NMIs, or any number: those that arrive while NMIs are masked merge into one, and nested ones into one
 * repetition. The handler runs less often than NMIs arrive, and none is lost, because each is followed by a start of
 * the handler.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37.inc"

        directive "title v3.7: merged NMIs are not lost ones"
        directive "catalogue B41 merging"
        directive "entry v3.7"
        directive "verdict proved"
        kernel_victim
        nmi_handler iret_to_next
