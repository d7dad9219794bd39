/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The third NMI comes after the fix-up region and before do_nmi. It is queued again, so the second run
 * starts with pt_regs that show repeat_nmi instead of the interrupted program (mended in v3.7). No register
 * is lost.
 *
 * Schedule: NMI in the victim (int3 in the handler); NMI in do_nmi; NMI at restart_nmi of the repeat.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/three-nmis.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A third NMI before the repeated handler starts: wrong pt_regs"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "inject nmi@at=restart_nmi,hit=2"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 3"
        directive "expect nmi-delivered 3"
        directive "expect memory nmi_runs 3"
        directive "expect memory nmi_damage 0"
        directive "expect memory nmi_regs_foreign 1"
        directive "expect memory nmi_regs_changed 1"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
