/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v33.inc without the test for the fix-up region, a user program: as b12-no-region-test-user, in the order of
 * frames that the RFC had. The mixture may be the user's RIP with the kernel's CS and SS: user code at CPL 0. pt_regs
 * are not watched, as they change in v3.3 anyway.
 */
        .set    PT_REGS_UNWATCHED, 1
        .set    NO_REGION_TEST, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title No region test on v3.3: the popped frame is a mixture, user program"
        directive "catalogue B12 no region test"
        directive "entry mutant of v3.3"
        directive "verdict violated no-user-rip-at-cpl0 events 3"

        user_victim
        nmi_handler breakpoint_once
