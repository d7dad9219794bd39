/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc without the test of the interrupted RSP. An NMI between the clearing of the variable and the last
 * IRETQ is taken for a first one, and the frame about to be popped becomes one that returns to that IRETQ.
 */
        .set    NO_STACK_TEST, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title No stack test: the last IRETQ returns to itself for ever"
        directive "catalogue B10 variable test only"
        directive "entry mutant of v3.7"
        directive "verdict violated progress events 2"

        kernel_victim
        nmi_handler breakpoint_once
