/* SPDX-License-Identifier: MIT */
/*
 * Under SMAP, an interrupt at CPL 0 while RSP points into a page of user code. The manual does not count the pushes among the
 * implicit accesses, so AC decides: with AC = 1 the frame is written there, with AC = 0 the first push is a page fault of a
 * supervisor's write (TP-099).
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/smap-frame.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SMAP asks AC whether a frame may be pushed on a user page"
        directive "reference SDM vol. 3, 4.6.1"
        directive "cr4 smap"
        directive "expect outcome exit"
        directive "expect exit 0"

        .set    WRITE_TO_PRESENT, 3

        gate    0x40, interrupt
        gate    14, page_fault, ist=IST_EXCEPTION

        .text
fixture_main:
        movq    $user_stack_top, %rsp
        stac
        int     $0x40
        clac
        movl    $1, %eax
        cmpl    $1, interrupts(%rip)
        jne     leave_machine
refused:
        int     $0x40
        exit    2

interrupt:
        incl    interrupts(%rip)
        iretq

page_fault:
        popq    %rbx
        movl    $3, %eax
        cmpl    $WRITE_TO_PRESENT, %ebx
        jne     leave_machine
        movl    $4, %eax
        cmpq    $refused, (%rsp)
        jne     leave_machine
        movl    $5, %eax
        movq    $user_stack_top, %rcx
        andq    $-16, %rcx
        subq    $8, %rcx
        movq    %cr2, %rbx
        cmpq    %rcx, %rbx
        jne     leave_machine
        exit    0

        .data
interrupts:
        .long   0
