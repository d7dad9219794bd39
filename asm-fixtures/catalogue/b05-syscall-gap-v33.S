/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CS test of v3.3 keeps user mode out, but in the gap around SYSCALL the kernel runs on the user's RSP. An NMI
 * there is taken for a nested one and is not handled.
 */
        .include "scenario-syscall-gap.inc"
        .include "entry-v33.inc"

        directive "title v3.3: user RSP in the NMI stack, NMI behind SYSCALL"
        directive "catalogue B05 the NMI is lost"
        directive "entry v3.3"
        directive "verdict violated no-lost-nmi events 1"
        directive "window user_call user_end"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
