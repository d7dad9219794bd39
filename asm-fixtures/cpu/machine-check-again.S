/* SPDX-License-Identifier: MIT */
/*
 * A machine check sets MCG_STATUS.MCIP, and until software clears it another one is a shutdown. This handler clears it and
 * is hit again before its IRETQ, on the same IST stack: its frame is overwritten, and the second return goes to the handler
 * itself. The machine check behind that finds MCIP clear as well.
 *
 * Schedule: machine checks in the program and at the handler's IRETQ.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/machine-check-again.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A second machine check comes once MCG_STATUS.MCIP is clear, and takes the first one's frame"
        directive "reference SDM vol. 3, 15.3.1.2; 6.14.5"
        directive "cr4 mce"
        directive "inject mce@at=window"
        directive "inject mce@at=handler_iretq"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect memory status 5"
        directive "expect memory runs 2"

        .set    MSR_MCG_STATUS, 0x17a

        gate    18, machine_check, ist=IST_MACHINE_CHECK

        .text
fixture_main:
        read_msr MSR_MCG_STATUS
        testl   %eax, %eax
        movl    $1, %eax
        jnz     leave_machine
window:
        nop
        exit    2                       /* nothing comes back here */

machine_check:
        incq    runs(%rip)
        read_msr MSR_MCG_STATUS
        orq     %rax, status(%rip)
        cmpq    $2, runs(%rip)
        je      again
        write_msr MSR_MCG_STATUS, 0
handler_iretq:
        iretq

again:
        movl    $3, %eax
        cmpq    $handler_iretq, (%rsp)
        jne     leave_machine
        movl    $4, %eax
        leaq    machine_check_stack_top - 40(%rip), %rbx
        cmpq    %rbx, %rsp
        jne     leave_machine
        exit    0

        .data
        .balign 8
runs:           .quad 0
status:         .quad 0
