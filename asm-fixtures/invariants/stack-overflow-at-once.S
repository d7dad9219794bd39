/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handler's local array is as long as its stack. One SUB takes RSP through the floor, a page further than any push
 * would, and lands in the middle of the stack below.
 */
        .include "check-victim.inc"
        .include "entry-v37.inc"

        directive "title A local array takes RSP below the NMI stack in one step"
        directive "catalogue IV01 one SUB of 4096 bytes on a stack of 4096"
        directive "entry v3.7"
        directive "verdict violated stack-bounds rsp events 1"

        kernel_victim
do_nmi:
        subq    $4096, %rsp
        movq    %rdi, (%rsp)
        addq    $4096, %rsp
do_nmi_end:
        ret
