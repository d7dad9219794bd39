/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b08-iret-fault-v37 on the v4.2 entry. The NMI from user mode returned from the thread's stack, so the fault handler
 * runs there and an NMI in it is a first one, on an NMI stack that nobody uses.
 */
        .include "scenario-bad-return.inc"
        .include "entry-v42.inc"

        directive "title v4.2: NMI while the fault of the last IRETQ is handled"
        directive "catalogue B08 the remedy: NMIs from user mode leave the NMI stack"
        directive "entry v4.2"
        directive "verdict proved"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
