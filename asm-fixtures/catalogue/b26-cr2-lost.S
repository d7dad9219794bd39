/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NMI arrives before a #PF handler has read CR2, and the NMI handler takes a page fault too. The v3.3 entry does
 * not keep CR2, so the interrupted handler reads the NMI's address.
 */
        .include "scenario.inc"
        .include "entry-v33.inc"

        directive "title A page fault in the NMI handler changes CR2 under a page-fault handler"
        directive "catalogue B26 CR2 is not kept across do_nmi"
        directive "entry v3.3"
        directive "verdict violated context-restored cr2 events 1"
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
