/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As b05-syscall-gap-v33: the frames have changed places since, the test of the stack has not.
 */
        .include "scenario-syscall-gap.inc"
        .include "entry-v37.inc"

        directive "title v3.7: user RSP in the NMI stack, NMI behind SYSCALL"
        directive "catalogue B05 the NMI is lost"
        directive "entry v3.7"
        directive "verdict violated no-lost-nmi events 1"
        directive "window user_call user_end"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
