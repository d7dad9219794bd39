/* SPDX-License-Identifier: MIT */
/*
 * DR7.GD guards the debug registers. At CPL 3 an access is forbidden as well: Intel's processors report the guard (#DB),
 * AMD's the privilege (#GP). At CPL 0 both report the guard before a value that is forbidden. Neither manual orders them;
 * measured on processors of both by KVM's developers.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/general-detect-cpl3-amd.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title MOV DR at CPL 3 while DR7.GD guards, AMD: #GP"
        directive "reference SDM vol. 3, 17.2.4; APM vol. 2, 13.1.1; TP-178"
        directive "rules vendor=amd"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect memory db_runs 1"
        directive "expect memory gp_runs 1"

        .set    DR7_GUARDED, 0x2400     /* GD, and the bit that reads as one */
        .set    DR6_GUARD, 0xffff2ff0   /* BD besides the bits that read as one */

        gate    1, debug, ist=IST_DEBUG
        gate    13, protection, ist=IST_EXCEPTION

        .section .user_text, "ax", @progbits
user_main:
        movq    %dr0, %rax
        ud2

        .text
fixture_main:
        movl    $DR7_GUARDED, %eax
        movq    %rax, %dr7
        load_user_data_segments
        enter_user user_main, user_stack_top

at_cpl_0:                               /* the guard is up */
        movabsq $0x100000000, %rax
forbidden_value:
        movq    %rax, %dr7
        exit    1

debug:
        incq    db_runs(%rip)
        movl    $2, %eax
        movq    %dr6, %rbx              /* the guard has gone down */
        movl    $DR6_GUARD, %ecx
        cmpq    %rcx, %rbx
        jne     leave_machine
        movl    $0xffff0ff0, %ecx
        movq    %rcx, %dr6
        cmpq    $user_main, (%rsp)
        je      leave_machine
        movl    $3, %eax
        cmpq    $forbidden_value, (%rsp)
        jne     leave_machine
        exit    0

protection:
        incq    gp_runs(%rip)
        popq    %rbx
        movl    $4, %eax
        testq   %rbx, %rbx
        jnz     leave_machine
        movl    $5, %eax
        cmpq    $user_main, (%rsp)
        jne     leave_machine
        jmp     at_cpl_0

        .data
        .balign 8
db_runs:        .quad 0
gp_runs:        .quad 0
