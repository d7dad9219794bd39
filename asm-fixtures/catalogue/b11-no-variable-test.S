/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc without the test of the variable. The first breakpoint opens NMIs; in the handler of the second one
 * RSP is not on the NMI stack, so the next NMI is taken for a first one.
 */
        .set    NO_VARIABLE_TEST, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title No variable test: re-entry from the second breakpoint's handler"
        directive "catalogue B11 stack test only"
        directive "entry mutant of v3.7"
        directive "verdict violated no-reentry events 2"

        kernel_victim
        nmi_handler breakpoint_twice
