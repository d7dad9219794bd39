/* SPDX-License-Identifier: MIT */
/*
 * The handler takes what is left of its stack, to the last byte, by one SUB and once more by an AND that aligns; then it
 * goes to a stack of its own choice by MOV and comes back. None of it is below the floor.
 */
        .include "machine.inc"

        directive "title A stack that is used to its last byte, and a switch to another"
        directive "catalogue IV01 control: nothing is below the floor"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "stack spare spare_top"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        load_registers victim
window:
        nop
        nop
window_end:
        exit    0

nmi:
        cld
        pushq   %rax
        call    do_nmi
        popq    %rax
        iretq

do_nmi:
        movq    %rsp, %rax
        subq    $(4096 - 56), %rsp
        movq    %rax, (%rsp)
        andq    $-4096, %rsp
        movq    $spare_top, %rsp
        pushq   %rax
        popq    %rsp
do_nmi_end:
        ret

        .bss
        .balign 16
spare:
        .fill   256
spare_top:
