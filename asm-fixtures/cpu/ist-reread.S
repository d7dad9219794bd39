/* SPDX-License-Identifier: MIT */
/*
 * The handler of the first NMI moves IST 3 in the TSS down by 1024 bytes. The second NMI uses the new value
 * (TP-095), also from CPL 0 to CPL 0 (TP-096).
 *
 * Schedule: Two NMIs, one instruction apart.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/ist-reread.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title The IST pointer is read from the TSS at each delivery"
        directive "reference SDM vol. 3, 6.14.5, 7.7"
        directive "inject nmi@at=window"
        directive "inject nmi@at=window_next"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 2"
        directive "expect nmi-delivered 2"

        .set    IST_SHIFT, 1024

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
window:
        nop
window_next:
        nop
        movl    $1, %eax
        cmpq    $nmi_stack_top-40, first_rsp(%rip)
        jne     leave_machine
        movl    $2, %eax
        cmpq    $nmi_stack_top-IST_SHIFT-40, latest_rsp(%rip)
        jne     leave_machine
        exit    0

nmi:
        movq    %rsp, latest_rsp(%rip)
        cmpq    $0, first_rsp(%rip)
        jne     nmi_end
        movq    %rsp, first_rsp(%rip)
        subq    $IST_SHIFT, tss_ist3(%rip)
nmi_end:
        iretq

        .data
        .balign 8
first_rsp:      .quad 0                 /* RSP at the handler's first instruction */
latest_rsp:     .quad 0
