/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A design that was not taken: a nested NMI only makes the frame of the last IRETQ invalid (CS = 0), and the #GP that
 * IRETQ raises leads to the repetition. Layout and tests are those of v3.7.
 *
 * The faulting IRETQ has already opened NMIs. The #GP handler has a stack of its own here, the variable is 0, so an
 * NMI before the handler is back in the fix-up looks like a first one and writes its frames over those of the
 * repetition. On the NMI stack the handler would not be better off: its frame would lie over the saved one.
 */
        .include "scenario.inc"
        .include "entry-common.inc"

        directive "title A nested NMI that makes the last IRETQ fault"
        directive "catalogue B33 NMI between the fault and the fix-up"
        directive "entry fault-on-iret"
        directive "verdict violated frame-intact rip events 3"
        directive "repeat repeat_nmi end_repeat_nmi"
        directive "slot nmi_executing -56"
        directive "window window window_end"

        gate    3, debug_handler, ist=IST_DEBUG
        gate    13, general_protection, ist=IST_EXCEPTION

        .text
fixture_main:
        load_registers victim
window:
        pushq   %rax
        popq    %rax
window_end:
        exit    0

nmi:
        pushq   %rdx
        cmpl    $KERNEL_CS, 16(%rsp)
        jne     first_nmi
        cmpl    $1, -8(%rsp)
        je      nested_nmi
        leaq    6*8(%rsp), %rdx
        cmpq    %rdx, 4*8(%rsp)
        ja      first_nmi
        subq    $4096, %rdx
        cmpq    %rdx, 4*8(%rsp)
        jb      first_nmi
nested_nmi:
        movq    $repeat_nmi, %rdx
        cmpq    8(%rsp), %rdx
        ja      1f
        movq    $end_repeat_nmi, %rdx
        cmpq    8(%rsp), %rdx
        ja      nested_nmi_out
1:      movq    $0, -5*8(%rsp)          /* CS of the frame that the last IRETQ pops */
nested_nmi_out:
        popq    %rdx
        iretq

first_nmi:
        movq    (%rsp), %rdx
        pushq   $1
        subq    $(5*8), %rsp
        .rept   5
        pushq   11*8(%rsp)
        .endr
repeat_nmi:
        movq    $1, 10*8(%rsp)
        addq    $(10*8), %rsp
        .rept   5
        pushq   -6*8(%rsp)
        .endr
        subq    $(5*8), %rsp
end_repeat_nmi:
        pushq   $-1
        subq    $ORIG_RAX-R15, %rsp
        call    save_paranoid
        movq    %rsp, %rdi
        call    do_nmi
        testl   %ebx, %ebx
        jnz     1f
        swapgs
1:      restore_all
        addq    $(5*8), %rsp
        movq    $0, 5*8(%rsp)
        jmp     irq_return

/* RSP of the IRETQ is that of its frame; the fix-up expects it below the saved frame. */
general_protection:
        cmpq    $irq_return, 8(%rsp)
        jne     unexpected + 16 * 13
        movq    32(%rsp), %rsp
        subq    $(5*8), %rsp
        jmp     repeat_nmi

debug_handler:
        iretq

do_nmi:
        pushq   %rbx
        int3
        popq    %rbx
do_nmi_end:
        ret
