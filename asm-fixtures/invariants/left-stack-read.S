/* SPDX-License-Identifier: MIT */
/*
 * The NMI handler leaves a word on its stack, below everything, and the next NMI looks for it. Between the two an IRET has
 * left that stack for the one of the program's breakpoint handler, with nobody waiting: the word counts as dead until
 * somebody reads it. The second NMI does, and changes RBX.
 */
        .include "machine.inc"

        directive "title An NMI handler reads what another one has left on a stack that an IRET has left"
        directive "catalogue IV06 a word on a stack that an IRET has left, and that is read"
        directive "entry own"
        directive "verdict violated context-restored rbx events 2"
        directive "expect exit 0"
        directive "window breakpoint window_end"
        directive "handler do_nmi do_nmi_end"

        .set    LEFT, 0x6c656674

        gate    2, nmi, ist=IST_NMI
        gate    3, breakpoint

        .text
fixture_main:
        load_registers victim
        int3
window_end:
        exit    0

breakpoint:
        nop
        nop
        iretq

nmi:
        cld
        cmpq    $LEFT, nmi_stack_top - 256
        jne     first
        xorl    %ebx, %ebx
first:
        movq    $LEFT, nmi_stack_top - 256
        call    do_nmi
        iretq

do_nmi:
        nop
do_nmi_end:
        ret
