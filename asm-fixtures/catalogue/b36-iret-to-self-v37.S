/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b36-iret-to-self-v33 on the v3.7 entry: the frame that a nested NMI rewrites is no longer part of pt_regs.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title v3.7: an IRETQ to the next instruction in the handler is harmless"
        directive "catalogue B36 opens NMIs, and the entry copes"
        directive "entry v3.7"
        directive "verdict proved"
        directive "window window window_end"

        .text
fixture_main:
        load_registers victim
window:
        pushq   %rax
        popq    %rax
window_end:
        exit    0

do_nmi:
        pushq   %rbx
        movq    %rsp, %rax
        pushq   $KERNEL_DS
        pushq   %rax
        pushfq
        pushq   $KERNEL_CS
        pushq   $1f
        iretq
1:      popq    %rbx
do_nmi_end:
        ret
