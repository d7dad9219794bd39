/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positive control: the entry of v4.2, a handler with two breakpoints, a kernel program. Any number of NMIs at any
 * boundary must be harmless.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v42.inc"

        directive "title v4.2: handler with two breakpoints, kernel program"
        directive "catalogue FX06 positive control"
        directive "entry v4.2"
        directive "verdict proved"

        kernel_victim
        nmi_handler breakpoint_twice
