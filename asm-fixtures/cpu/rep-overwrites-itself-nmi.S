/* SPDX-License-Identifier: MIT */
/*
 * REP STOSB over its own opcode, interrupted behind the second iteration. The frame's RIP is that of the string instruction,
 * and what the IRETQ returns to is fetched anew: two NOPs, then the INC that the rest of the count would have overwritten.
 *
 * Schedule: NMI before the third iteration.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/rep-overwrites-itself-nmi.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An interruption makes a repeated string instruction see that it was overwritten"
        directive "reference SDM vol. 2, REP; vol. 3, 6.6, 8.3"
        directive "inject nmi@at=itself,hit=3"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect register rcx 8"
        directive "expect register rdx 1"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        xorl    %edx, %edx
        movl    $10, %ecx
        movl    $0x90, %eax
        movq    $itself, %rdi
itself:
        rep stosb
        incl    %edx
        .fill   8, 1, 0x90
        movl    $1, %eax
        cmpl    $8, %ecx
        jne     leave_machine
        movl    $2, %eax
        cmpl    $1, %edx
        jne     leave_machine
        movl    $3, %eax
        cmpq    $itself+2, %rdi
        jne     leave_machine
        movl    $4, %eax
        cmpq    $itself, interrupted(%rip)
        jne     leave_machine
        exit    0

nmi:
        popq    interrupted(%rip)
        pushq   interrupted(%rip)
nmi_end:
        iretq

        .data
interrupted:
        .quad   0
