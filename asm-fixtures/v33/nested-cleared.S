/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The window between clearing the variable and the IRETQ. The stack test recognises the nested NMI and
 * queues it; all registers survive.
 *
 * Schedule: NMI in the victim (int3 in the handler); NMI at the jump to the last IRETQ.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/nested-cleared.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI after the variable is cleared"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_cleared"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_damage 0"
        directive "expect memory nmi_regs_foreign 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
