/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v33.inc with the exit of its time for NMIs from user mode: pt_regs move to the task stack, and the store that
 * should clear the variable goes 40 bytes above its top. The next NMI, in the kernel, is taken for a nested one.
 */
        .set    USER_WORK_EXIT, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title Variable cleared at the wrong RSP: the second NMI is lost"
        directive "catalogue B15 the variable is cleared at the wrong RSP"
        directive "entry mutant of v3.3"
        directive "verdict violated no-lost-nmi events 2"

        user_then_kernel_victim
        nmi_handler nothing

        .bss
neighbour:
        .fill   64
