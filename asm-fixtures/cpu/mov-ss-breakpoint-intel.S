/* SPDX-License-Identifier: MIT */
/*
 * Code breakpoints on the two instructions behind MOV SS. Intel: the first never hits. AMD: both hit; there the shadow of
 * MOV SS holds back interrupts and traps only.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/mov-ss-breakpoint-intel.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A code breakpoint behind MOV SS, Intel: it is hidden"
        directive "reference SDM vol. 3, 6.8.3; kvm-unit-tests, debug; TP-055"
        directive "rules vendor=intel"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect memory db_runs 1"

        .set    DR7_TWO, 0x40a          /* G0 and G1: execution */

        gate    1, debug, ist=IST_DEBUG

        .text
fixture_main:
        movq    $shadowed, %rax
        movq    %rax, %dr0
        movq    $behind, %rax
        movq    %rax, %dr1
        movl    $DR7_TWO, %eax
        movq    %rax, %dr7
        movl    $KERNEL_DS, %eax
        movl    %eax, %ss
shadowed:
        nop
behind:
        nop
        movl    $1, %eax
        cmpq    $behind, last_rip(%rip)
        jne     leave_machine
        exit    0

debug:
        incq    db_runs(%rip)
        pushq   (%rsp)
        popq    last_rip(%rip)
        orl     $0x10000, 16(%rsp)      /* RF: the instruction itself, once */
        iretq

        .data
        .balign 8
db_runs:        .quad 0
last_rip:       .quad 0
