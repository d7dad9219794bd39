/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v33.inc without the CS test, whose nested NMIs return by POPFQ and RET. A user program with RSP in the NMI
 * stack is taken for a nested NMI and gets control back at CPL 0.
 */
        .set    NO_CS_TEST, 1
        .set    RETURN_BY_RET, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title Nested return by RET: user code runs at CPL 0"
        directive "catalogue B32 (iii) nested return by RET, no CS test"
        directive "entry mutant of v3.3"
        directive "verdict violated no-user-rip-at-cpl0 events 1"

        user_victim_at nmi_stack_top-2048
        nmi_handler nothing
