/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A data breakpoint on the word of the NMI stack that the entry pushes first. The #DB it raises in the prologue ends
 * with an IRETQ, and that opens NMIs while neither variable nor frames exist: a second NMI replaces the frame of the
 * first. The kernel refuses such breakpoints by now.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title v3.7: a watchpoint on the NMI stack"
        directive "catalogue B42 the push of RDX raises #DB in the prologue, whose IRETQ opens NMIs"
        directive "entry v3.7"
        directive "verdict violated frame-overwritten frame events 2"
        directive "window window window_end"

        .set    DR7_WATCH_WRITES_OF_8_BYTES, 0x90001

        gate    1, debug, ist=IST_DEBUG

        .text
fixture_main:
        movq    $nmi_stack_top - 48, %rax
        movq    %rax, %dr0
        movl    $DR7_WATCH_WRITES_OF_8_BYTES, %eax
        movq    %rax, %dr7
        load_registers victim
window:
        pushq   %rax
        popq    %rax
window_end:
        exit    0

debug:
        iretq

do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
