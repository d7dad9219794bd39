/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the patch exists. The breakpoint's IRETQ ends NMI blocking inside do_nmi; the next NMI starts at the
 * top of the same IST stack and overwrites the frame and the registers of the first. do_nmi runs inside
 * itself, and the first NMI returns into do_nmi for ever, since that is what its frame now says. The
 * program notices that do_nmi ends more often than it began and leaves with 97; the victim never runs
 * again. A run is counted when do_nmi starts outside a run; the re-entry shows in nmi_reentered.
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its int3.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o prepatch/nested-int3.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An int3 in the handler lets the next NMI overwrite the first"
        directive "reference Linux v3.2 NMI entry, before the RFC"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 97"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory nmi_reentered 1"
        directive "expect violation no-reentry"
        directive "expect violation frame-overwritten"

        .include "entry-prepatch.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler breakpoint_once
        kernel_victim idle
