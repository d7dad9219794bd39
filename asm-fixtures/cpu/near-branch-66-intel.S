/* SPDX-License-Identifier: MIT */
/*
 * A prefix 66 before a near JMP, CALL, RET, Jcc, LOOP or JRCXZ in 64-bit mode. AMD: a branch of 16 bits, so a displacement
 * of two bytes, a target below 64 KiB, a word pushed or popped; REX.W overrides it. Intel: the prefix is ignored. Each step
 * writes code for both readings to two places 2 MiB and some apart, and the wrong one is UD2.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/near-branch-66-intel.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title 66 before near branches, Intel: ignored"
        directive "reference SDM vol. 2 and APM vol. 3, JMP, CALL, RET, Jcc, LOOP, JrCXZ; TP-223"
        directive "rules vendor=intel"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect memory reached 8"

        .set    HIGH, 0x200000          /* where the branch lies; AMD's target is the low half of an address there */
        .set    JMP_RBX, 0x9090e3ff
        .set    UD2, 0x0b0f0b0f

        gate    6, undefined, ist=IST_EXCEPTION
        gate    14, page_fault, ist=IST_EXCEPTION

        /* The right place goes on with jmp *%rbx, the other with UD2. */
        .macro  target amd, intel
        movl    $UD2, \amd
        movl    $JMP_RBX, \intel
        .endm

        /* Jumps to the branch at HIGH + LOW; STEP follows if it goes the right way. */
        .macro  branch low, step, next
        movl    $\step, %r12d
        movq    $\next, %rbx
        movl    $HIGH + \low, %eax
        jmp     *%rax
\next:
        incq    reached(%rip)
        .endm

        .text
fixture_main:
        xorl    %ecx, %ecx
        movl    $0x9010eb66, HIGH + 0xa000              /* 66 eb 10: jmp .+0x13 */
        target  0xa013, HIGH + 0xa013
        branch  0xa000, 1, jumped

        movl    $0x9010e366, HIGH + 0xa100              /* 66 e3 10: jrcxz */
        target  0xa113, HIGH + 0xa113
        branch  0xa100, 2, counted

        movl    $0x2, %ecx
        movl    $0x9010e266, HIGH + 0xa200              /* 66 e2 10: loop */
        target  0xa213, HIGH + 0xa213
        branch  0xa200, 3, looped

        movl    $0x9010e366, HIGH + 0xa300              /* 66 e3 10, not taken: the next instruction, wherever one is */
        movl    $JMP_RBX, HIGH + 0xa303
        branch  0xa300, 4, not_taken

        cmpl    %eax, %eax
        movl    $0x10840f66, HIGH + 0xb000              /* 66 0f 84 10 00 [00 00]: je */
        movl    $0, HIGH + 0xb004
        target  0xb015, HIGH + 0xb017
        branch  0xb000, 5, equal

        movl    $0x0010e866, HIGH + 0xc000              /* 66 e8 10 00 [00 00]: call */
        movl    $0, HIGH + 0xc004
        target  0xc014, HIGH + 0xc016
        movq    $-1, calls_stack_top - 8(%rip)
        movq    $calls_stack_top, %rsp
        branch  0xc000, 6, called
        leaq    calls_stack_top - 8(%rip), %rax
        cmpq    %rax, %rsp
        jne     wrong
        cmpq    $HIGH + 0xc006, (%rsp)
        jne     wrong

        movl    $0x9090c366, HIGH + 0xd000              /* 66 c3: ret */
        target  0xd123, HIGH + 0xd123
        movq    $HIGH + 0xd123, calls_stack_top - 8(%rip)
        leaq    calls_stack_top - 8(%rip), %rsp
        branch  0xd000, 7, returned
        leaq    calls_stack_top - 0(%rip), %rax
        cmpq    %rax, %rsp
        jne     wrong

        movl    $0x10eb4866, HIGH + 0xe000              /* 66 48 eb 10: REX.W overrides 66 */
        movl    $JMP_RBX, HIGH + 0xe014
        movl    $UD2, 0xe014
        branch  0xe000, 8, wide
        exit    0

wrong:
        orl     $0x20, %r12d
undefined:
page_fault:
        movl    %r12d, %eax
        jmp     leave_machine

        .data
        .balign 8
reached:        .quad 0

        .bss
        .balign 16
        .fill   64
calls_stack_top:
        .fill   16
