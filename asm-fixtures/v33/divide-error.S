/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any exception handler ends with IRETQ. Here do_nmi divides by zero, NMIs are open afterwards, and the
 * nested NMI is queued without damage.
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its divide error.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/divide-error.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A divide error in the handler"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory fault_runs 2"
        directive "expect memory nmi_damage 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler divide_error
        kernel_victim idle
