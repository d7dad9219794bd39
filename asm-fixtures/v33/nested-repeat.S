/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second NMI is queued while the registers are reloaded. The third interrupts repeat_nmi half way
 * through rebuilding the copied frame. Rewriting that frame now would mix two frames, so the entry leaves
 * it alone: the handler is about to run anyway. Two runs for three NMIs.
 *
 * Schedule: NMI in the victim (int3 in the handler); NMI at the first register reload; NMI at the third of
 * the five pushes of repeat_nmi.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/nested-repeat.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Third NMI inside the fix-up"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_restore"
        directive "inject nmi@at=repeat_nmi+0x11"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 3"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_damage 0"
        directive "expect memory nmi_regs_foreign 0"
        directive "expect memory nmi_regs_changed 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
