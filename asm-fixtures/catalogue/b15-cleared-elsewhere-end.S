/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b15-cleared-elsewhere.S whose program ends in its system call: the second NMI is lost there, and nobody returns to
 * the user program.
 */
        .set    USER_WORK_EXIT, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33-mutants.inc"

        directive "title Variable cleared at the wrong RSP: an NMI is lost before the end"
        directive "catalogue B15 the variable is cleared at the wrong RSP, and the program does not return"
        directive "entry mutant of v3.3"
        directive "verdict violated no-lost-nmi events 2"

        enter_victim user_stack_top
user_finished:
        nop
window_end:
        exit    0
        nmi_handler nothing

        .section .user_text, "ax", @progbits
user_main:
window:
        int     $0x80

        .bss
neighbour:
        .fill   64
