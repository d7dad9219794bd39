/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The window between clearing the variable and the IRETQ. The stack test recognises the nested NMI and
 * queues it. The victim's RDI was already reloaded, the nested path destroys it, and the repeat saves and
 * restores the wrong value: the interrupted program continues with RDI = top of the NMI stack - 96 (exit
 * 8).
 *
 * Schedule: NMI in the victim (int3 in the handler); NMI at the jump to the last IRETQ.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/nested-cleared.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI after the variable is cleared: the victim loses RDI"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_cleared"
        directive "expect outcome exit"
        directive "expect exit 8"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_damage 0"
        directive "expect register rdi 0xffffffff81202fa0"
        directive "expect violation context-restored rdi"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
