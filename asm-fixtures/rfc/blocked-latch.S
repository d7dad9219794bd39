/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second NMI comes while NMIs are blocked. The CPU latches it and delivers it right after the handler's
 * IRETQ, before one instruction of the victim; for the entry it is an ordinary first NMI.
 *
 * Schedule: NMI in the victim; NMI in do_nmi, still blocked.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o rfc/blocked-latch.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An NMI during the handler waits for its IRETQ"
        directive "reference [RFC][PATCH 3/3] x86: Add workaround to NMI iret woes, 8 December 2011"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-asserted 2"
        directive "expect nmi-delivered 2"
        directive "expect nmi-merged 0"
        directive "expect memory nmi_runs 2"

        .include "entry-rfc.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        kernel_victim idle
