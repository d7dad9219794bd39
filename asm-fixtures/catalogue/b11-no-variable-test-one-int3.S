/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b11-no-variable-test with a single breakpoint: once NMIs are open RSP never leaves the NMI stack, and its test
 * is enough.
 */
        .set    NO_VARIABLE_TEST, 1
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title No variable test, one breakpoint: harmless"
        directive "catalogue B11 control: with one breakpoint the stack test is enough"
        directive "entry mutant of v3.7"
        directive "verdict proved"

        kernel_victim
        nmi_handler breakpoint_once
