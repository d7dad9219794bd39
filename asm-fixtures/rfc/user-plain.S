/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NMI at CPL 3: save_paranoid finds the user GS base, swaps, and the exit swaps back.
 *
 * Schedule: NMI in the user victim.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/user-plain.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title One NMI in user code"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory nmi_wrong_gs 0"
        directive "expect memory nmi_regs_foreign 0"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        user_victim
