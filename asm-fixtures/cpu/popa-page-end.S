/* SPDX-License-Identifier: MIT */
/*
 * POPA in 32-bit code at CPL 3, from a stack that runs into a page of the kernel's: the eight slots are popped in order. So
 * the first byte of that page is in CR2, not one of the last slot, and no register has changed.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/popa-page-end.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title POPA across the end of a page: CR2 is the first byte that is missing"
        directive "reference SDM vol. 2, POPA; vol. 3, 4.7"
        directive "expect outcome exit"
        directive "expect exit 0"

        .set    PAGE_END, 0x402000
        .set    USER_READ_FAULT, 5      /* present, read, user */

        gate    14, page_fault, ist=IST_EXCEPTION

        .section .user_text, "ax", @progbits
        .code32
user_main:
        movl    $PAGE_END - 18, %esp    /* the slot of EBX lies across the end */
across:
        popa
user_next:
        movl    $PAGE_END - 16, %esp    /* it is the first one behind the end */
behind:
        popa
        ud2
        .code64

        .text
fixture_main:
        load_user_data_segments
        xorl    %edx, %edx
        movl    $0x1234, %ebp
        enter_user user_main, user_stack_top, cs=USER_CS32

page_fault:
        popq    %rbx
        movl    $1, %eax
        addl    %edx, %eax              /* 1 to 4, then 11 to 14 */
        cmpl    $USER_READ_FAULT, %ebx
        jne     leave_machine
        incl    %eax
        movq    %cr2, %rbx
        cmpq    $PAGE_END, %rbx
        jne     leave_machine
        incl    %eax
        cmpl    $0x1234, %ebp
        jne     leave_machine
        incl    %eax
        cmpq    $across, (%rsp)
        jne     second
        movl    $10, %edx
        movq    $user_next, (%rsp)
        iretq
second:
        cmpq    $behind, (%rsp)
        jne     leave_machine
        cmpl    $10, %edx
        jne     leave_machine
        exit    0
