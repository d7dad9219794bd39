/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One NMI, nothing in the handler opens NMIs: the entry saves, runs the handler, restores.
 *
 * Schedule: NMI in the victim.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/plain.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title One NMI in kernel code"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory nmi_damage 0"
        directive "expect memory nmi_regs_foreign 0"
        directive "expect memory nmi_regs_changed 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        kernel_victim idle
