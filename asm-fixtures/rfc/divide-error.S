/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any exception handler ends with IRETQ. Here do_nmi divides by zero, NMIs are open afterwards, and the
 * nested NMI takes RDI from do_nmi (exit 32 + 8).
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its divide error.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/divide-error.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A divide error in the handler: do_nmi loses RDI"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 40"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory fault_runs 2"
        directive "expect memory nmi_damage 8"
        directive "expect violation context-restored rdi"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler divide_error
        kernel_victim idle
