/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU remembers one NMI while they are blocked. Two more edges under the handler give one more run.
 *
 * Schedule: NMI in the victim; two NMIs in do_nmi, still blocked.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/blocked-merge.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Two NMIs during the handler become one"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "inject nmi@at=nmi_window+1"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-asserted 3"
        directive "expect nmi-delivered 2"
        directive "expect nmi-merged 1"
        directive "expect memory nmi_runs 2"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler nothing
        kernel_victim idle
