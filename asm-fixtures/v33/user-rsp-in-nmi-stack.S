/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User code may load any RSP, also one in the page of the NMI stack. The entry looks at the saved CS first,
 * so an NMI from user code is never nested and the handler runs.
 *
 * Schedule: User code loads RSP = top of the NMI stack - 2048; one NMI.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/user-rsp-in-nmi-stack.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title User code points RSP into the NMI stack"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory nmi_wrong_gs 0"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        user_victim nmi_stack_top-2048
