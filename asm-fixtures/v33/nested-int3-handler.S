/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * do_nmi executes two breakpoints. The first one's IRETQ opens NMIs, and the second NMI comes while the
 * handler of the second breakpoint runs on the DEBUG stack: the interrupted RSP says nothing, only the
 * variable tells that an NMI is being handled. It is queued and every register survives.
 *
 * Schedule: NMI in the victim; NMI in the handler of the second int3.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/nested-int3-handler.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI in the breakpoint handler"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=breakpoint_window,hit=2"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory breakpoint_runs 4"
        directive "expect memory breakpoint_damage 0"
        directive "expect memory nmi_damage 0"
        directive "expect memory nmi_regs_changed 1"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_twice
        kernel_victim idle
