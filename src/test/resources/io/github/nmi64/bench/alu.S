/* SPDX-License-Identifier: MIT */
/* 16 instructions a round: register arithmetic, no memory. */
        .include "loop.inc"

        movl    $1, %eax
        movl    $3, %ebx
        movl    $5, %ecx
        movl    $7, %edx
round:
        addq    %rax, %rbx
        xorq    %rbx, %rcx
        rolq    $7, %rcx
        subq    %rcx, %rdx
        andl    $0x7fffffff, %edx
        orq     $1, %rdx
        leaq    3(%rax,%rdx,4), %rax
        imulq   %rbx, %rax
        shrq    $3, %rbx
        adcq    %rcx, %rbx
        negq    %rdx
        notl    %ebx
        cmpq    %rax, %rbx
        movq    %rax, %rsi
        decq    %rdi
        jnz     round
        ret
