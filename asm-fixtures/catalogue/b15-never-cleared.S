/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc whose exit does not clear the variable: every later NMI in the kernel is taken for a nested one and
 * lost.
 */
        .set    NEVER_CLEARED, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title Variable never cleared: the second NMI is lost"
        directive "catalogue B15 the variable is never cleared"
        directive "entry mutant of v3.7"
        directive "verdict violated no-lost-nmi events 2"

        kernel_victim
        nmi_handler nothing
