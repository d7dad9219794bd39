/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User code may load any RSP. With a value in the page of the NMI stack the stack test takes its NMI for a
 * nested one: do_nmi never runs, and a kernel address is left in RDI (exit 8).
 *
 * Schedule: User code loads RSP = top of the NMI stack - 2048; one NMI.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/user-rsp-in-nmi-stack.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title User code points RSP into the NMI stack: its NMI is lost"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "expect outcome exit"
        directive "expect exit 8"
        directive "expect handler-runs 0"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 0"
        directive "expect register rdi 0xffffffff81202fa0"
        directive "expect violation context-restored rdi"
        directive "expect violation no-lost-nmi"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        user_victim nmi_stack_top-2048
