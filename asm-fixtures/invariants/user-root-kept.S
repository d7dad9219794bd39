/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI entry goes to the kernel's page tables whichever are in use, and puts CR3 back.
 */
        .include "scenario-user-root.inc"
        .macro  restore_gs
        movq    %r14, %cr3
        testl   %ebx, %ebx
        jnz     2f
        swapgs
2:
        .endm

        .include "entry-v37.inc"

        directive "title The root of the page tables is put back"
        directive "catalogue IV05 the control: CR3 as it was found"
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
1:
        movq    %cr3, %r14
        movq    %r14, %rax
        btrq    $USER_ROOT_BIT, %rax
        movq    %rax, %cr3
        ret
