/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v3.7 entry with page-table isolation that goes by the saved CS: only an NMI from user mode changes CR3. Behind
 * SYSCALL and before SYSRET the kernel's own code runs on the user's tables; an NMI there does, too, and its handler
 * touches memory they do not map.
 */
        .include "scenario-two-page-tables.inc"
        .macro  restore_gs
        testl   %ebx, %ebx
        jnz     2f
        swapgs
2:      testb   $3, 136(%rsp)
        jz      3f
        movq    $USER_PML4, %rax
        movq    %rax, %cr3
3:
        .endm

        .include "entry-v37.inc"

        directive "title CR3 is chosen by the saved CS"
        directive "catalogue B40 an NMI in the kernel's exit code runs on the user's page tables"
        directive "entry mutant of v3.7"
        directive "verdict violated no-crash #PF events 1"

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
1:      testb   $3, 136 + 8(%rsp)
        jz      2f
        movq    kernel_cr3(%rip), %rax
        movq    %rax, %cr3
2:      ret
