/* SPDX-License-Identifier: MIT */
/*
 * With an IDT limit of 0 neither #UD, nor the #GP that replaces it, nor the double fault can be delivered:
 * shutdown (TP-129).
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/triple-fault.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A fault without a usable IDT ends in shutdown"
        directive "reference SDM vol. 3, 6.15 interrupt 8"
        directive "expect outcome shutdown"
        directive "expect memory reached 1"

        .text
fixture_main:
        lidt    empty_idt(%rip)
        incq    reached(%rip)
        ud2
        exit    1

        .data
        .balign 8
        .word   0, 0, 0
empty_idt:
        .word   0
        .quad   0
reached:
        .quad   0
