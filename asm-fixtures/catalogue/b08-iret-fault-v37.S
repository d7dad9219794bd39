/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI came from user mode, and its last IRETQ faults. It has opened NMIs all the same, the variable is already 0,
 * and the fault handler runs on the NMI stack, over the frame a repetition would need. A second NMI there is taken
 * for a nested one by its RSP: it rewrites the very frame the fault handler is moving away.
 */
        .include "scenario-bad-return.inc"
        .include "entry-v37.inc"

        directive "title v3.7: NMI while the fault of the last IRETQ is handled"
        directive "catalogue B08 the second NMI rewrites the frame that is being fixed up"
        directive "entry v3.7"
        directive "verdict violated context-restored cs events 2"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
