/* SPDX-License-Identifier: MIT */
/*
 * An interrupt is pending while IF is clear. STI sets IF, but the interrupt is taken only after the
 * instruction behind it (TP-066).
 *
 * Schedule: INTR 0x40 before STI.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/sti-shadow.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title STI holds INTR back for one instruction"
        directive "reference SDM vol. 2, STI; vol. 3, 6.8.1"
        directive "inject intr:0x40@at=enable"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect memory interrupts 1"

        gate    0x40, interrupt

        .text
fixture_main:
enable:
        sti
shadowed:
        nop
behind:
        nop
        cli
        movl    $1, %eax
        cmpq    $1, interrupts(%rip)
        jne     leave_machine
        movl    $2, %eax
        cmpq    $behind, interrupt_rip(%rip)
        jne     leave_machine
        exit    0

interrupt:
        incq    interrupts(%rip)
        pushq   (%rsp)
        popq    interrupt_rip(%rip)
        iretq

        .data
        .balign 8
interrupts:     .quad 0
interrupt_rip:  .quad 0
