/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b22-int3-frame-overwritten with the remedy of v3.3: an NMI that interrupted someone on the DEBUG stack loads a
 * second IDT whose #BP gate has no IST, so its own INT3 stays on the NMI stack. It goes by the RSP in pt_regs, which
 * nobody may change in the meantime: hence the v3.7 entry.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title A second IDT without IST keeps the interrupted INT3's frame"
        directive "reference Linux 228bdaa95fb8"
        directive "catalogue B22 the remedy: #BP without IST while an NMI sits on the DEBUG stack"
        directive "entry v3.7"
        directive "verdict proved"
        directive "window window window_end"

        .set    PT_REGS_RSP, 152

        gate    3, breakpoint, ist=IST_DEBUG, dpl=3

        .text
fixture_main:
        movq    $idt, %rsi
        movq    $nmi_idt, %rdi
        movl    $512, %ecx
        rep movsq
        movb    $0, nmi_idt + 3 * 16 + 4(%rip)
        load_registers victim
window:
        int3
window_end:
        exit    0

breakpoint:
        subq    $4096, tss_ist3 + 8(%rip)
        nop
        addq    $4096, tss_ist3 + 8(%rip)
        iretq

/* RBX: the second IDT is loaded. */
do_nmi:
        pushq   %rbx
        xorl    %ebx, %ebx
        movq    PT_REGS_RSP(%rdi), %rax
        subq    $debug_stack + 1, %rax
        cmpq    $debug_stack_top - debug_stack, %rax
        jae     1f
        lidt    nmi_idt_pointer(%rip)
        incl    %ebx
1:      int3
        testl   %ebx, %ebx
        jz      2f
        lidt    idt_pointer(%rip)
2:      popq    %rbx
do_nmi_end:
        ret

        .data
        .balign 8
        .word   0, 0, 0
nmi_idt_pointer:
        .word   4096 - 1
        .quad   nmi_idt

        .section .stacks, "aw", @nobits
nmi_idt:
        .fill   4096
        .text
