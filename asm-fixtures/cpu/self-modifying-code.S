/* SPDX-License-Identifier: MIT */
/*
 * One instruction runs three times: as assembled, after the NMI that interrupted the program right before it
 * has rewritten it (IRETQ serialises, TP-161), and after the program itself has rewritten it and jumped to
 * it. Its operand is 1, 2, 4.
 *
 * Schedule: NMI at the second execution of the instruction.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/self-modifying-code.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title Rewritten code is executed as rewritten"
        directive "reference SDM vol. 3, 8.1.3, 8.3"
        directive "inject nmi@at=patched,hit=2"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect register rbx 7"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        xorl    %ebx, %ebx
        xorl    %ecx, %ecx
again:
        jmp     patched
patched:
        movl    $1, %eax                /* the immediate begins one byte in */
patched_end:
        addl    %eax, %ebx
        incl    %ecx
        cmpl    $1, %ecx
        je      again
        cmpl    $3, %ecx
        je      done
        movl    $4, patched+1(%rip)
        jmp     again
done:
        movl    $1, %eax
        cmpl    $7, %ebx
        jne     leave_machine
        exit    0

nmi:
        movl    $2, patched+1(%rip)
nmi_end:
        iretq
