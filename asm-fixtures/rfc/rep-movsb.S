/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * After three of sixteen iterations the NMI finds RCX = 13, RIP at the REP prefix and RF set; the copy is
 * completed afterwards. The boundary between two iterations counts as one before the instruction, so the
 * fourth hit of its address has three iterations behind it.
 *
 * Schedule: NMI after the third iteration.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/rep-movsb.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An NMI in the middle of REP MOVSB"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_copy,hit=4"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory nmi_first_rcx 13"
        directive "expect memory nmi_first_rflags 0x108d7"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        kernel_victim copy_bytes
