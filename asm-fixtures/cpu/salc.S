/* SPDX-License-Identifier: MIT */
/*
 * D6 in 32-bit code at CPL 3: SALC sets AL to FF if CF is set, else to 0, and leaves the rest of EAX and the flags alone.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/salc.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SALC spreads CF over AL in 32-bit code"
        directive "reference SDM vol. 3, 6.15, interrupt 6"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect register rsi 0x123456ff"
        directive "expect register rdi 0x12345600"

        gate    0x40, done, dpl=3

        .section .user_text, "ax", @progbits
        .code32
user_main:
        movl    $0x12345678, %eax
        stc
        .byte   0xd6
        movl    %eax, %esi
        setc    %bl
        clc
        .byte   0xd6
        movl    %eax, %edi
        setnc   %bh
        int     $0x40
        .code64

        .text
fixture_main:
        load_user_data_segments
        xorl    %ebx, %ebx
        enter_user user_main, user_stack_top, cs=USER_CS32

done:
        movl    $1, %eax
        cmpl    $0x123456ff, %esi
        jne     leave_machine
        movl    $2, %eax
        cmpl    $0x12345600, %edi
        jne     leave_machine
        movl    $3, %eax
        cmpl    $0x101, %ebx
        jne     leave_machine
        exit    0
