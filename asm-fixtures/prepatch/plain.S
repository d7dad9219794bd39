/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One NMI in kernel code through the entry the RFC starts from. Without nesting it is correct.
 *
 * Schedule: NMI in the victim.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o prepatch/plain.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title One NMI, entry before the patch"
        directive "reference Linux v3.2 NMI entry, before the RFC"
        directive "inject nmi@at=victim_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory nmi_damage 0"

        .include "entry-prepatch.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        kernel_victim idle
