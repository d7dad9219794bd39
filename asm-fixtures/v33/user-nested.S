/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As nested-final-iretq, with a victim at CPL 3: the GS base is already the user's when the nested NMI
 * comes. The repeat decides by the GS base, not by the saved CS, and user code resumes intact.
 *
 * Schedule: NMI in the user victim (int3 in the handler); NMI at the last IRETQ.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/user-nested.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI on the way back to user code"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=irq_return"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_wrong_gs 0"
        directive "expect memory nmi_regs_foreign 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        user_victim
