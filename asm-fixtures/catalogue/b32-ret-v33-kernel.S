/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v33.inc whose nested NMIs return by POPFQ and RET, a kernel program. What they write below the interrupted
 * RSP was free, and NMIs stay masked longer: nothing breaks. pt_regs are not watched, as every nested NMI of v3.3
 * changes them (b06-frame-changes-v33-kernel).
 */
        .set    PT_REGS_UNWATCHED, 1
        .set    RETURN_BY_RET, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title Nested return by RET on v3.3: harmless in the kernel"
        directive "catalogue B32 (i) nested return by RET, order of frames of the RFC"
        directive "entry mutant of v3.3"
        directive "verdict proved"

        kernel_victim
        nmi_handler breakpoint_once
