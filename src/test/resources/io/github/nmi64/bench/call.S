/* SPDX-License-Identifier: MIT */
/* 69 steps a round: eight calls of a function that saves a register, then REP MOVSQ of sixteen quadwords. */
        .include "loop.inc"

        movq    %rdi, %rbp
        cld
round:
        .rept   8
        call    function
        .endr
        movl    $DATA, %esi
        movl    $DATA + 0x1000, %edi
        movl    $16, %ecx
        rep movsq
        decq    %rbp
        jnz     round
        ret

function:
        pushq   %rbx
        movq    %rsp, %rbx
        leaq    8(%rbx), %rax
        popq    %rbx
        ret
