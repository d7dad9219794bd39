/* SPDX-License-Identifier: MIT */
/*
 * The handler remembers where the last NMI struck, as one does that looks for a program that cannot get on. The number of states
 * would be squared; declared immaterial, what it remembers tells no states apart.
 */
        .include "machine.inc"

        directive "title A handler that remembers the last place, which is immaterial"
        directive "catalogue IV06 control: a word the verdict does not depend on"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "immaterial last_place last_place+8"

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
        nop
elsewhere:
        movq    %rax, last_place(%rip)
do_nmi_end:
        ret

        .data
        .balign 8
last_place:
        .quad   0
        .text
