/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b11-no-variable-test with a single breakpoint. In the first run RSP never leaves the NMI stack once NMIs are open,
 * and its test is enough; the repetition has NMIs open from the start, so there the breakpoint's handler is
 * interrupted.
 */
        .set    NO_VARIABLE_TEST, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title No variable test, one breakpoint: re-entry of the repetition"
        directive "catalogue B11 stack test only, a single breakpoint"
        directive "entry mutant of v3.7"
        directive "verdict violated no-reentry events 3"

        kernel_victim
        nmi_handler breakpoint_once
