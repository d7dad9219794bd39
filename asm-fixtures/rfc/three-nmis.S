/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The third NMI comes after the fix-up region and before do_nmi. It is queued again, so the second run
 * starts with pt_regs that show repeat_nmi instead of the interrupted program. RDI at that moment is the
 * victim's, not saved yet: it is lost (exit 8). The handler had lost its own to the second NMI.
 *
 * Schedule: NMI in the victim (int3 in the handler); NMI in do_nmi; NMI at restart_nmi of the repeat.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/three-nmis.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A third NMI before the repeated handler starts: wrong pt_regs, victim loses RDI"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "inject nmi@at=restart_nmi,hit=2"
        directive "expect outcome exit"
        directive "expect exit 8"
        directive "expect handler-runs 3"
        directive "expect nmi-delivered 3"
        directive "expect memory nmi_runs 3"
        directive "expect memory nmi_damage 8"
        directive "expect memory nmi_regs_foreign 1"
        directive "expect memory nmi_regs_changed 1"
        directive "expect register rdi 0xffffffff81202fa0"
        directive "expect violation context-restored rdi"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
