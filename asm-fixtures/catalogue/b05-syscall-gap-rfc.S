/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC takes the stack pointer's word for it: an NMI that finds RSP in the NMI stack is nested. In the gap around
 * SYSCALL that RSP is the user's. The NMI is not handled, and the nested path leaves a kernel address in the user's
 * RDI.
 */
        .include "scenario-syscall-gap.inc"
        .include "entry-rfc.inc"

        directive "title RFC: user RSP in the NMI stack, NMI behind SYSCALL"
        directive "catalogue B05 the NMI is lost, RDI as well"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 1"
        directive "window syscall_entry user_end"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
