/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As b08-iret-fault-v37, with the RFC's layout: the fault handler sits below the copied frame, so a repetition still
 * finds the saved one, but the copied frame is the one the fault handler is moving.
 */
        .include "scenario-bad-return.inc"
        .include "entry-rfc.inc"

        directive "title RFC: NMI while the fault of the last IRETQ is handled"
        directive "catalogue B08 the second NMI rewrites the frame that is being fixed up"
        directive "entry rfc"
        directive "verdict violated context-restored events 3"
        directive "check-events nmi,iret-fault"
        directive "arrivals window window_end"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
