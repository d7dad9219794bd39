/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels since v5.8 clear DR7 while they handle an NMI. This one does not put it back: the program's hardware breakpoint,
 * which it does not come to in this run, is gone.
 */
        .include "check-victim.inc"
        .include "entry-v37.inc"

        directive "title An NMI handler clears DR7 and leaves it so"
        directive "catalogue IV05 DR7 is cleared and not put back"
        directive "entry own"
        directive "verdict violated context-restored dr7 events 1"

        .macro  arm_breakpoint
        movq    $0xdead000, %rax
        movq    %rax, %dr0
        movl    $0x402, %eax
        movq    %rax, %dr7
        .endm

        kernel_victim arm_breakpoint

do_nmi:
        movq    %dr7, %rsi
        xorl    %eax, %eax
        movq    %rax, %dr7
do_nmi_end:
        ret
