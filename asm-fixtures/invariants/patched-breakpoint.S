/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A breakpoint that live text patching has left in the NMI handler. Its handler runs on the stack of whoever was
 * interrupted, copies its frame to make room below it and returns by the copy, behind the instruction that is being
 * patched. So neither the frame that is popped nor its RIP is the one the processor pushed; the breakpoint is over all
 * the same when RSP has risen above its frame.
 */
        .include "check-victim.inc"
        .include "entry-v42.inc"

        directive "title v4.2: a breakpoint of live text patching in the handler"
        directive "catalogue IV03 control: a handler that returns by a copy of its frame"
        directive "entry v4.2"
        directive "verdict proved"

        kernel_victim
        gate    3, patching, dpl=3

        .text
do_nmi:
        nop
        int3                            /* the first byte of a jump to the next instruction */
        .long   0
patched:
        nop
do_nmi_end:
        ret

patching:
        .rept   5
        pushq   4*8(%rsp)
        .endr
        movq    $patched, (%rsp)
        iretq
