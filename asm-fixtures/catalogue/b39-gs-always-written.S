/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b39-gs-by-sign with the remedy of v5.9: an NMI from the kernel keeps the GS base it finds, whatever it is, loads
 * the kernel's, and writes the old one back.
 */
        .set    NEGATIVE_USER_GS, 1
        .set    OWN_GS, 1
        .include "scenario-syscall-gap.inc"
        .macro  restore_gs
        movl    $MSR_GS_BASE, %ecx
        movl    %ebx, %eax
        shrq    $32, %rbx
        movl    %ebx, %edx
        wrmsr
        .endm

        .include "entry-v42.inc"

        directive "title FSGSBASE: the GS base is kept and always written"
        directive "catalogue B39 the remedy: no decision at all"
        directive "entry v4.2 with v5.9's GS"
        directive "verdict proved"
        directive "cr4 fsgsbase"
        directive "window user_call user_end"

        .text
/* RBX = GS base of whoever was interrupted. */
save_paranoid:
        save_registers
        movl    $MSR_GS_BASE, %ecx
        rdmsr
        movl    %eax, %ebx
        shlq    $32, %rdx
        orq     %rdx, %rbx
        movabsq $per_cpu, %rax
        movq    %rax, %rdx
        shrq    $32, %rdx
        wrmsr
        ret

do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
