/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v4.2 counts RSP in the NMI stack only if DF is set in the interrupted flags: the entry's own exit sets it, SYSCALL
 * clears it. The handler hits an INT3, so NMIs nest at every instruction it may nest at.
 */
        .include "scenario-syscall-gap.inc"
        .include "entry-v42.inc"

        directive "title v4.2: user RSP in the NMI stack, NMI behind SYSCALL"
        directive "catalogue B05 the remedy: DF tells the exit from the gap"
        directive "entry v4.2"
        directive "verdict proved"
        directive "window user_call user_end"

        gate    3, debug_handler, ist=IST_DEBUG

        .text
debug_handler:
        iretq

do_nmi:
        pushq   %rbx
        int3
        popq    %rbx
do_nmi_end:
        ret
