/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The breakpoint's IRETQ opened NMIs, so the second NMI interrupts do_nmi. The entry finds its variable
 * set, points the copied frame at repeat_nmi and returns; do_nmi runs again afterwards. All registers
 * survive. The copied frame is also the tail of pt_regs, which still change under the running handler
 * (mended in v3.7).
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its int3.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/nested-handler.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI in the handler after its int3"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_damage 0"
        directive "expect memory nmi_regs_changed 1"
        directive "expect memory nmi_reentered 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
