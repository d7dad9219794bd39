/* SPDX-License-Identifier: MIT */
/* 8196 instructions a round: walks 32 KiB, a load, a read-modify-write and a store for every 32 bytes. */
        .include "loop.inc"

round:
        movl    $DATA, %esi
        movl    $DATA + 0x8000, %ecx
walk:
        movq    (%rsi), %rax
        addq    %rax, 8(%rsi)
        movl    12(%rsi), %edx
        addl    %edx, %eax
        movq    %rax, 16(%rsi)
        addq    $32, %rsi
        cmpq    %rcx, %rsi
        jb      walk
        decq    %rdi
        jnz     round
        ret
