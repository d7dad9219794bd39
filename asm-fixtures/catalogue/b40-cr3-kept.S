/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b40-cr3-by-cs as the kernel does it: CR3 is kept as found, in a register that C code preserves, and written back.
 */
        .include "scenario-two-page-tables.inc"
        .macro  restore_gs
        movq    %r14, %cr3
        testl   %ebx, %ebx
        jnz     2f
        swapgs
2:
        .endm

        .include "entry-v37.inc"

        directive "title CR3 is kept and put back"
        directive "catalogue B40 the remedy: CR3 itself, not CS, tells which tables are in use"
        directive "entry v3.7 with v4.15's CR3"
        directive "verdict proved"

        .text
save_paranoid:
        save_registers
        movl    $1, %ebx
        movl    $MSR_GS_BASE, %ecx
        rdmsr
        testl   %edx, %edx
        js      1f
        swapgs
        xorl    %ebx, %ebx
1:      movq    %cr3, %r14
        movq    kernel_cr3(%rip), %rax
        movq    %rax, %cr3
        ret
