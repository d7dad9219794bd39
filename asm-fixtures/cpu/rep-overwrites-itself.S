/* SPDX-License-Identifier: MIT */
/*
 * REP STOSB writes ten NOPs from its own first byte on. Nothing is fetched between iterations, so it goes on to the end of
 * its count as it was decoded; what stood behind it is executed as it stands then.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/rep-overwrites-itself.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A repeated string instruction that overwrites itself goes on to its end"
        directive "reference SDM vol. 2, REP, operation"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect register rcx 0"
        directive "expect register rdx 0"

        .text
fixture_main:
        xorl    %edx, %edx
        movl    $10, %ecx
        movl    $0x90, %eax
        movq    $itself, %rdi
itself:
        rep stosb
        incl    %edx                    /* NOPs by now */
        .fill   8, 1, 0x90
        movl    $1, %eax
        testl   %ecx, %ecx
        jnz     leave_machine
        movl    $2, %eax
        testl   %edx, %edx
        jnz     leave_machine
        movl    $3, %eax
        cmpq    $itself+10, %rdi
        jne     leave_machine
        exit    0
