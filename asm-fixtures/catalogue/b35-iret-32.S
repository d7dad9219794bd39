/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc whose last IRETQ lost its suffix: it pops five words of 32 bits, half of each from the wrong place.
 */
        .set    IRET_32, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title IRET without suffix pops 32-bit words"
        directive "catalogue B35 unsuffixed iret"
        directive "entry mutant of v3.7"
        directive "verdict violated no-crash events 1"

        kernel_victim
        nmi_handler nothing
