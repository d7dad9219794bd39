/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As b15-cleared-elsewhere; watched is the memory above the task stack, which belongs to someone else and becomes
 * zero with the first NMI.
 */
        .set    USER_WORK_EXIT, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title Variable cleared at the wrong RSP: foreign memory becomes zero"
        directive "catalogue B15 the variable is cleared at the wrong RSP"
        directive "entry mutant of v3.3"
        directive "verdict violated assertion events 1"
        directive "assert [__stack_top+40] == 0x5a"

        .bss
neighbour:
        .fill   64

        .macro  fill_neighbour
        movq    $0x5a, neighbour + 40(%rip)
        .endm

        user_victim fill_neighbour
        nmi_handler nothing
