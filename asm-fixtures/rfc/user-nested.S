/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As nested-final-iretq, with a victim at CPL 3: the GS base is already the user's when the nested NMI
 * comes. User code resumes with a kernel stack address in RDI (exit 8).
 *
 * Schedule: NMI in the user victim (int3 in the handler); NMI at the last IRETQ.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/user-nested.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Nested NMI on the way back to user code: kernel address in RDI"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=irq_return"
        directive "expect outcome exit"
        directive "expect exit 8"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_wrong_gs 0"
        directive "expect register rdi 0xffffffff81202fa0"
        directive "expect violation context-restored rdi"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        user_victim
