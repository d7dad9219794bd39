/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry of v3.7. The kernel runs with RSP at an edge of the NMI stack: an empty or a full neighbour. Both ends
 * count as within, so its NMI is taken for a nested one and lost.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37.inc"

        directive "title v3.7: kernel RSP at T makes the NMI a nested one"
        directive "catalogue B24 inclusive bounds"
        directive "entry v3.7"
        directive "verdict violated no-lost-nmi events 1"

        kernel_victim_at nmi_stack_top
        nmi_handler nothing
