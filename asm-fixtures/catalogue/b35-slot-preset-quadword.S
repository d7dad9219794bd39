/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b35-slot-preset-v37 with a compare of 64 bits: the word is not 1, and the NMI a first one.
 */
        .set    COMPARE_QUADWORD, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title 64-bit compare: a variable of 0x700000001 does not count"
        directive "catalogue B35 control: all 64 bits compared"
        directive "entry mutant of v3.7"
        directive "verdict proved"

        .macro  preset_variable
        movabsq $0x700000001, %rax
        movq    %rax, nmi_stack_top - 56(%rip)
        .endm

        kernel_victim preset_variable
        nmi_handler nothing
