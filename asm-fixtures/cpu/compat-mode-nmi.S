/* SPDX-License-Identifier: MIT */
/*
 * Compatibility mode at CPL 3. The NMI pushes the five quadwords of 64-bit mode, with the 32-bit code
 * selector; its IRETQ goes back to 32-bit code, registers intact.
 *
 * Schedule: NMI in the 32-bit code.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/compat-mode-nmi.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title An NMI interrupts 32-bit user code"
        directive "reference SDM vol. 3, 6.14; TP-098"
        directive "inject nmi@at=window"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_cs 0x1b"
        directive "expect memory nmi_ss 0x23"

        gate    2, nmi, ist=IST_NMI
        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
        .code32
user_main:
        movl    $0x81000001, %eax
        movl    $0x87000007, %esi
        movl    $user_data_word, %ebx
window:
        nop
        incl    %eax
        movl    %eax, (%ebx)
        int     $0x80
        ud2
        .code64

        .section .user_data, "aw", @progbits
        .balign 8
user_data_word:
        .quad   0

        .text
fixture_main:
        load_user_data_segments
        movabsq $0x1122334455667788, %rax
        movq    %rax, %rsi
        enter_user user_main, user_stack_top, 0x2, USER_CS32

user_finished:
        movl    $0x81000002, %edx
        cmpq    %rdx, %rax
        movl    $1, %eax
        jne     leave_machine
        movl    $0x87000007, %edx
        cmpq    %rdx, %rsi
        movl    $7, %eax
        jne     leave_machine
        movl    $2, %eax
        cmpl    $0x81000002, user_data_word
        jne     leave_machine
        movl    $3, %eax
        cmpq    $window, nmi_rip(%rip)
        jne     leave_machine
        movl    $4, %eax
        cmpq    $user_stack_top, nmi_rsp(%rip)
        jne     leave_machine
        exit    0

nmi:
        pushq   (%rsp)
        popq    nmi_rip(%rip)
        pushq   8(%rsp)
        popq    nmi_cs(%rip)
        pushq   24(%rsp)
        popq    nmi_rsp(%rip)
        pushq   32(%rsp)
        popq    nmi_ss(%rip)
nmi_end:
        iretq

        .data
        .balign 8
nmi_rip:        .quad 0
nmi_cs:         .quad 0
nmi_rsp:        .quad 0
nmi_ss:         .quad 0
