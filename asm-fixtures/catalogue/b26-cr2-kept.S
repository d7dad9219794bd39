/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b26-cr2-lost with the v3.7 entry, which has kept CR2 in a callee-saved register across do_nmi since v3.5.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title The entry keeps CR2 across the NMI handler"
        directive "catalogue B26 CR2 is kept across do_nmi"
        directive "entry v3.7"
        directive "verdict proved"
        directive "window page_fault window_end"

        gate    14, page_fault

        .text
fixture_main:
        load_registers victim
        movb    UNMAPPED, %al
window_end:
        exit    0

/* Reads CR2 only after its first push. Resumes behind the instruction, which has seven bytes. */
page_fault:
        pushq   %rax
        movq    %cr2, %rax
        popq    %rax
        addq    $8, %rsp
        addq    $7, (%rsp)
        iretq

do_nmi:
        pushq   %rbx
        movb    UNMAPPED + 4096, %al
        popq    %rbx
do_nmi_end:
        ret
