/* SPDX-License-Identifier: MIT */
/*
 * PUSH with an unmapped RSP faults, and the page fault, which has no IST stack here, faults again on its
 * first push. The double fault has one and is delivered (TP-123): error code 0 (TP-127), CR2 of the second
 * fault (TP-122).
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/double-fault-on-ist.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A double fault runs on its IST stack"
        directive "reference SDM vol. 3, 6.15 interrupt 8, 6.14.5"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect register cr2 0x0000006ffffffff8"

        .set    UNMAPPED, 0x0000007000000000

        gate    8, double_fault, ist=IST_DOUBLE_FAULT
        gate    14, unexpected+16*14

        .text
fixture_main:
        /* The PUSH writes at UNMAPPED; delivery aligns RSP to 16 first and writes at UNMAPPED - 8. */
        movabsq $UNMAPPED+8, %rsp
        pushq   %rax
        exit    1

double_fault:
        movl    $2, %eax
        cmpq    $double_fault_stack_top-48, %rsp
        jne     leave_machine
        movl    $3, %eax
        cmpq    $0, (%rsp)
        jne     leave_machine
        movl    $4, %eax
        movabsq $UNMAPPED-8, %rbx
        movq    %cr2, %rcx
        cmpq    %rbx, %rcx
        jne     leave_machine
        exit    0
