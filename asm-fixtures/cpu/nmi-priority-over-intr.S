/* SPDX-License-Identifier: MIT */
/*
 * NMI and a maskable interrupt are both pending at one boundary with IF set. The NMI is delivered first; its
 * interrupt gate clears IF, so the interrupt waits for the NMI's IRETQ and is taken there before one
 * instruction of the program has run. Both frames show the same RIP.
 *
 * Schedule: INTR 0x40 and NMI at the same instruction.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/nmi-priority-over-intr.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title NMI comes before INTR at the same boundary"
        directive "reference SDM vol. 3, 6.9, table of priorities among concurrent events"
        directive "inject intr:0x40@at=window"
        directive "inject nmi@at=window"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory order 0x0240"

        gate    2, nmi, ist=IST_NMI
        gate    0x40, interrupt

        .text
fixture_main:
        sti
        nop                             /* the shadow of STI ends here */
window:
        nop
        cli
        movl    $1, %eax
        cmpq    $0x0240, order(%rip)
        jne     leave_machine
        movl    $2, %eax
        cmpq    $window, nmi_rip(%rip)
        jne     leave_machine
        movl    $3, %eax
        cmpq    $window, interrupt_rip(%rip)
        jne     leave_machine
        exit    0

nmi:
        shlq    $8, order(%rip)
        orq     $2, order(%rip)
        pushq   (%rsp)
        popq    nmi_rip(%rip)
nmi_end:
        iretq

interrupt:
        shlq    $8, order(%rip)
        orq     $0x40, order(%rip)
        pushq   (%rsp)
        popq    interrupt_rip(%rip)
        iretq

        .data
        .balign 8
order:          .quad 0                 /* vectors in order of delivery, one byte each */
nmi_rip:        .quad 0
interrupt_rip:  .quad 0
