/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last boundary of the NMI: everything is restored, the variable is 0, RSP points at the frame to be
 * popped, and the nested NMI rewrites that very frame. The IRETQ goes to repeat_nmi and the victim sees
 * nothing of it.
 *
 * Schedule: NMI in the victim (int3 in the handler); NMI at the last IRETQ.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/nested-final-iretq.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI right before the final IRETQ"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=irq_return"
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
