/* SPDX-License-Identifier: MIT */
/*
 * A stack switch is the pair MOV SS, MOV RSP. An NMI that arrives between the two is taken after the second
 * (TP-055), so no frame shows the new SS with the old RSP.
 *
 * Schedule: NMI at the instruction behind MOV SS.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/mov-ss-shadow.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title MOV SS holds an NMI back for one instruction"
        directive "reference SDM vol. 3, 6.8.3"
        directive "inject nmi@at=shadowed"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        movl    $KERNEL_DS, %eax
        movl    %eax, %ss
shadowed:
        movq    $other_stack_top, %rsp
behind:
        nop
        movl    $1, %eax
        cmpq    $1, nmi_runs(%rip)
        jne     leave_machine
        movl    $2, %eax
        cmpq    $behind, nmi_rip(%rip)
        jne     leave_machine
        movl    $3, %eax
        cmpq    $other_stack_top, nmi_rsp(%rip)
        jne     leave_machine
        exit    0

nmi:
        incq    nmi_runs(%rip)
        pushq   (%rsp)
        popq    nmi_rip(%rip)
        pushq   24(%rsp)
        popq    nmi_rsp(%rip)
nmi_end:
        iretq

        .data
        .balign 8
nmi_runs:       .quad 0
nmi_rip:        .quad 0
nmi_rsp:        .quad 0

        .bss
        .balign 16
        .fill   256
other_stack_top:
