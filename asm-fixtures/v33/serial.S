/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The check described in the RFC mail, on the released entry: the handler executes an IRET to take itself
 * out of NMI context, and the entry writes to the serial port on the nested path (N) and on the fix-up path
 * (R).
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its IRET to the next instruction.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/serial.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title The author's check: characters on the serial port"
        directive "reference Linux v3.3 NMI entry"
        directive "handler-output"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect serial \"NR\""
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_damage 0"

        .set    NMI_SERIAL, 1

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler iret_to_next
        kernel_victim idle
