/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The breakpoint's IRETQ opened NMIs, so the second NMI interrupts do_nmi. The entry finds its variable
 * set, points the copied frame at repeat_nmi and returns; do_nmi runs again afterwards. But the nested path
 * uses RDI unsaved: do_nmi continues with RDI = top of the NMI stack - 96 and finds the damage (exit 32 +
 * 8). The victim is intact. The copied frame is also the tail of pt_regs, which change under the handler.
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its int3.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/nested-handler.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI in the handler after its int3: do_nmi loses RDI"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 40"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_damage 8"
        directive "expect memory nmi_regs_changed 1"
        directive "expect violation context-restored rdi"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
