/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v33.inc whose nested NMIs return by POPFQ and RET, a kernel program. What they write below the interrupted
 * RSP was free, and NMIs stay masked longer: no failure is known. An NMI that returns without IRET counts as
 * unfinished, hence no watch on pt_regs, and a bound on the events: with four, a nested NMI that struck repeat_nmi and
 * returned by RET is still on the list when the last IRETQ arrives there with flags of its own, and check reports
 * RFLAGS of a context that was restored long before.
 */
        .set    PT_REGS_UNWATCHED, 1
        .set    RETURN_BY_RET, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title Nested return by RET on v3.3: harmless in the kernel"
        directive "catalogue B32 (i) nested return by RET, order of frames of the RFC"
        directive "entry mutant of v3.3"
        directive "verdict bounded"
        directive "check-max-events 3"

        kernel_victim
        nmi_handler breakpoint_once
