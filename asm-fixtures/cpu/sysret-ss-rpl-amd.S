/* SPDX-License-Identifier: MIT */
/*
 * STAR[63:48] names user segments, and its RPL bits were forgotten. SYSRETQ sets CPL and the RPL of CS to 3 all the same;
 * SS gets RPL 3 with Intel and what STAR says with AMD. There the program runs until the first event: its IRETQ finds
 * SS.RPL 0 beside CS.RPL 3.
 *
 * Schedule: NMI in the user program.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/sysret-ss-rpl-amd.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SYSRETQ without an RPL in STAR, AMD: SS keeps RPL 0, and the NMI's IRETQ faults"
        directive "reference SDM vol. 2, SYSRET; APM vol. 3, SYSRET; TP-186, TP-188"
        directive "rules vendor=amd"
        directive "inject nmi@at=user_main"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect nmi-delivered 1"
        directive "expect memory user_cs 0x2b"
        directive "expect memory user_ss 0x20"
        directive "expect memory fault_error 0x20"

        gate    2, nmi, ist=IST_NMI
        gate    13, general_protection, ist=IST_EXCEPTION
        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
        nop
        int     $0x80
        ud2

        .text
fixture_main:
        write_msr MSR_STAR, ((((USER_CS32 & ~3) << 16) + KERNEL_CS) << 32)
        load_user_data_segments
        swapgs
        movl    $user_main, %ecx
        movl    $0x2, %r11d
        movq    $user_stack_top, %rsp
        sysretq

nmi:
        pushq   8(%rsp)
        popq    user_cs(%rip)
        pushq   32(%rsp)
        popq    user_ss(%rip)
nmi_end:
        iretq

user_finished:
        exit    1                       /* the NMI does not come back */

general_protection:
        popq    fault_error(%rip)
        movl    $2, %eax
        cmpq    $nmi_end, (%rsp)
        jne     leave_machine
        exit    0

        .data
        .balign 8
user_cs:        .quad 0
user_ss:        .quad 0
fault_error:    .quad -1
