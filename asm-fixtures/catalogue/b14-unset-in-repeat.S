/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc whose repetition does not set the variable: an NMI in the breakpoint handler of the second run, off
 * the NMI stack, is taken for a first one.
 */
        .set    UNSET_IN_REPEAT, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title Variable not set in the repetition: re-entry"
        directive "catalogue B14 the repetition does not set the variable"
        directive "entry mutant of v3.7"
        directive "verdict violated no-reentry events 3"

        kernel_victim
        nmi_handler breakpoint_once
