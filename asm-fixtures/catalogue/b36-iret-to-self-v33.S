/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI handler serialises with an IRETQ to the next instruction, which opens NMIs although it has met no
 * exception. To the v3.3 entry that is a handler with an INT3: the next NMI is queued and rewrites the pt_regs of the
 * running handler.
 */
        .include "scenario.inc"
        .include "entry-v33.inc"

        directive "title v3.3: an IRETQ to the next instruction in the handler opens NMIs"
        directive "catalogue B36 IRET to self is as good a trigger as INT3"
        directive "entry v3.3"
        directive "verdict violated frame-intact events 2"
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
