/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI entry does not go to the kernel's page tables: its handler reads where those of user mode map nothing.
 */
        .include "scenario-user-root.inc"
        .macro  restore_gs
        testl   %ebx, %ebx
        jnz     2f
        swapgs
2:
        .endm

        .include "entry-v37.inc"

        directive "title The entry stays on the user's page tables"
        directive "catalogue IV05 the handler runs on page tables that lack what it reads"
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
1:
        ret
