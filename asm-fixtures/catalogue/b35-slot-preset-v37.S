/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry of v3.7 compares 32 bits of the variable. Its upper half is not zero here and the lower one is 1, so the
 * first NMI is taken for a nested one.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37.inc"

        directive "title v3.7: a variable of 0x700000001 counts as set"
        directive "catalogue B35 a 32-bit compare of a 64-bit word"
        directive "entry v3.7"
        directive "verdict violated no-lost-nmi events 1"

        .macro  preset_variable
        movabsq $0x700000001, %rax
        movq    %rax, nmi_stack_top - 56(%rip)
        .endm

        kernel_victim preset_variable
        nmi_handler nothing
