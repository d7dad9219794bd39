/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As b08-iret-fault-v37, with the layout of v3.3: the fault handler sits below the copied frame, so a repetition still
 * finds the saved one, but the copied frame is the one the fault handler is moving.
 */
        .include "scenario-bad-return.inc"
        .include "entry-v33.inc"

        directive "title v3.3: NMI while the fault of the last IRETQ is handled"
        directive "catalogue B08 the second NMI rewrites the frame that is being fixed up"
        directive "entry v3.3"
        directive "verdict violated context-restored cs events 2"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
