/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handler stores to a word of the program's. The program finds out and stops as kernels do when they panic, by CLI and HLT;
 * undisturbed it exits.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title An NMI handler stores to the program, which panics"
        directive "catalogue IV05 a word of the program is changed"
        directive "entry own"
        directive "verdict violated interference state events 1"
        directive "window window window_end"

        .text
fixture_main:
        load_registers victim
window:
        nop
        nop
window_end:
        cmpq    $0, word(%rip)
        jne     panic
        exit    0
panic:
        cli
        hlt
        jmp     panic

do_nmi:
        movq    $1, word(%rip)
do_nmi_end:
        ret

        .data
        .balign 8
word:
        .quad   0
        .text
