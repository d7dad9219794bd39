/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc whose nested NMIs return by POPFQ and RET. During the exit the interrupted RSP is right above the
 * outermost frame, which is overwritten, and the repetition returns to what is left of it. The frame is the tail of
 * pt_regs; they are not watched, so that the return itself is seen to fail.
 */
        .set    PT_REGS_UNWATCHED, 1
        .set    RETURN_BY_RET, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title Nested return by RET on v3.7: the outermost frame is overwritten"
        directive "catalogue B32 (ii) nested return by RET, order of frames of v3.7"
        directive "entry mutant of v3.7"
        directive "verdict violated no-crash events 2"

        kernel_victim
        nmi_handler breakpoint_once
