/* SPDX-License-Identifier: MIT */
/*
 * The handler remembers where the last NMI struck, and loses RBX if one strikes at that place again. What it remembers is
 * part of the state, so that is found; declared immaterial, it would not be.
 */
        .include "machine.inc"

        directive "title A handler that breaks at the second NMI at one place"
        directive "catalogue IV06 a word the verdict depends on, as part of the state"
        directive "entry own"
        directive "verdict violated context-restored rbx events 2"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "handler-data last_place last_place+8"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        load_registers victim
        movl    $4, %ecx
window:
        nop
        nop
        decl    %ecx
        jnz     window
window_end:
        exit    0

nmi:
        cld
        pushq   %rax
        movq    8(%rsp), %rax
        call    do_nmi
        popq    %rax
        iretq

do_nmi:
        cmpq    last_place(%rip), %rax
        jne     elsewhere
        xorl    %ebx, %ebx
elsewhere:
        movq    %rax, last_place(%rip)
do_nmi_end:
        ret

        .data
        .balign 8
last_place:
        .quad   0
        .text
