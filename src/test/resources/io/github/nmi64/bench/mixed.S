/* SPDX-License-Identifier: MIT */
/*
 * A table of counters kept by a random number: arithmetic, loads and stores, a call, conditional moves, and two branches
 * that nobody can predict. 20 to 24 steps a round.
 */
        .include "loop.inc"

        movl    $0x2545f491, %eax
        movl    $DATA, %esi
round:
        movq    %rax, %rdx
        shlq    $13, %rdx
        xorq    %rdx, %rax
        movq    %rax, %rdx
        shrq    $7, %rdx
        xorq    %rdx, %rax
        movzwl  %ax, %ecx
        andl    $0xff8, %ecx
        testb   $1, %al
        jz      even
        incl    (%rsi,%rcx)
        movb    %al, 4(%rsi,%rcx)
even:
        call    smallest
        testl   $0x100, %eax
        jnz     next
        pushq   %rdx
        popq    %rbx
next:
        decq    %rdi
        jnz     round
        ret

smallest:
        movl    (%rsi,%rcx), %edx
        cmpl    %edx, %ecx
        cmovb   %ecx, %edx
        setb    %bl
        ret
