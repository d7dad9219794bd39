/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI entry goes to the kernel's page tables and its exit forgets to go back: the program runs with all of the kernel mapped.
 */
        .include "scenario-user-root.inc"
        .macro  restore_gs
        testl   %ebx, %ebx
        jnz     2f
        swapgs
2:
        .endm

        .include "entry-v37.inc"

        directive "title The exit leaves the kernel's page tables"
        directive "catalogue IV05 user mode goes on with the kernel's page tables"
        directive "entry mutant of v3.7"
        directive "verdict violated context-restored cr3 events 1"

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
1:
        movq    %cr3, %r14
        movq    %r14, %rax
        btrq    $USER_ROOT_BIT, %rax
        movq    %rax, %cr3
        ret
