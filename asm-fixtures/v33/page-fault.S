/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * do_nmi touches an unmapped address. The fault's IRETQ opens NMIs as a breakpoint's does, so a nested NMI
 * follows and is handled. But CR2 is not kept across do_nmi (mended in v3.5), so the victim's value is gone
 * (exit 20). A page-fault handler interrupted before it read CR2 would look at the wrong address.
 *
 * Schedule: NMI in the victim; NMI in do_nmi after its page fault.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o v33/page-fault.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A page fault in the handler: CR2 lost"
        directive "reference Linux v3.3 NMI entry"
        directive "inject nmi@at=victim_window"
        directive "inject nmi@at=nmi_window"
        directive "expect outcome exit"
        directive "expect exit 20"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory fault_runs 2"
        directive "expect memory nmi_damage 0"
        directive "expect violation context-restored cr2"

        .include "entry-v33.inc"
        .include "handler.inc"
        .include "victim.inc"

        nmi_handler page_fault
        kernel_victim idle
