/* SPDX-License-Identifier: MIT */
/*
 * The first NMI's handler executes an IRETQ whose frame has a null CS. It faults with #GP(0), and yet it ends
 * NMI blocking (TP-010): the second NMI, latched since before the IRETQ, is delivered at the first
 * instruction of the #GP handler.
 *
 * Schedule: NMI in the program; NMI at the bad IRETQ, still blocked.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/iretq-fault-unblocks.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A faulting IRETQ has already unblocked NMIs"
        directive "reference SDM vol. 3, 6.7.1; vol. 2, IRET"
        directive "inject nmi@at=window"
        directive "inject nmi@at=bad_iretq"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect nmi-asserted 2"
        directive "expect nmi-delivered 2"
        directive "expect memory nmi_runs 2"
        directive "expect memory fault_error 0"
        directive "expect violation no-reentry"

        gate    2, nmi, ist=IST_NMI
        gate    13, general_protection, ist=IST_EXCEPTION

        .text
fixture_main:
window:
        nop
        exit    1                       /* nothing comes back here */

nmi:
        incq    nmi_runs(%rip)
        cmpq    $1, nmi_runs(%rip)
        jne     second_nmi
        pushq   $KERNEL_DS
        pushq   $nmi_stack_top
        pushq   $0x2
        pushq   $0                      /* a null CS */
        pushq   $window
bad_iretq:
        iretq

second_nmi:
        pushq   (%rsp)
        popq    second_nmi_rip(%rip)
nmi_end:
        iretq

general_protection:
        popq    fault_error(%rip)
        movl    $2, %eax
        cmpq    $bad_iretq, (%rsp)
        jne     leave_machine
        movl    $3, %eax
        cmpq    $2, nmi_runs(%rip)
        jne     leave_machine
        movl    $4, %eax
        cmpq    $general_protection, second_nmi_rip(%rip)
        jne     leave_machine
        exit    0

        .data
        .balign 8
nmi_runs:       .quad 0
second_nmi_rip: .quad 0
fault_error:    .quad -1
