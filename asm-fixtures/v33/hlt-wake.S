/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HLT with interrupts off: the NMI ends it, and its IRETQ goes to the instruction behind HLT.
 *
 * Schedule: NMI while the victim is halted.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/hlt-wake.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An NMI wakes HLT"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@after=hlt"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory nmi_regs_foreign 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        kernel_victim halt_once
