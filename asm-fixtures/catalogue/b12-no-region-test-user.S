/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc without the test for the fix-up region, a user program. The third NMI rewrites the frame while the
 * repetition rebuilds it, and a mixture of two frames is popped.
 */
        .set    NO_REGION_TEST, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title No region test: the popped frame is a mixture, user program"
        directive "catalogue B12 no region test"
        directive "entry mutant of v3.7"
        directive "verdict violated no-crash events 3"

        user_victim
        nmi_handler breakpoint_once
