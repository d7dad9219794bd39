/* SPDX-License-Identifier: MIT */
/*
 * SYSCALL loads CS with STAR[47:32] without its RPL, and SS with STAR[47:32] + 8 as it is: both manuals mask the one and not
 * the other. A kernel that leaves an RPL there by mistake runs, until the first event in it returns: IRETQ finds SS.RPL 3
 * beside CS.RPL 0 and faults.
 *
 * Schedule: NMI at the SYSCALL target, behind the switch of stacks.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/syscall-ss-rpl.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SYSCALL with an RPL in STAR: SS keeps it, and the NMI's IRETQ faults"
        directive "reference SDM vol. 2, SYSCALL, operation; APM vol. 3, SYSCALL; TP-183"
        directive "inject nmi@at=in_kernel"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect nmi-delivered 1"
        directive "expect memory entry_cs 0x08"
        directive "expect memory entry_ss 0x13"
        directive "expect memory fault_error 0x10"

        gate    2, nmi, ist=IST_NMI
        gate    13, general_protection, ist=IST_EXCEPTION

        .section .user_text, "ax", @progbits
user_main:
        syscall
        ud2

        .text
fixture_main:
        set_syscall_entry syscall_entry
        write_msr MSR_STAR, (((USER_CS32 << 16) + KERNEL_CS + 3) << 32)
        load_user_data_segments
        enter_user user_main, user_stack_top

syscall_entry:
        swapgs
        movq    $__stack_top, %rsp
        movl    %cs, %eax
        movq    %rax, entry_cs(%rip)
        movl    %ss, %eax
        movq    %rax, entry_ss(%rip)
in_kernel:
        nop
        exit    1                       /* the NMI does not come back */

nmi:
        nop
nmi_end:
        iretq

general_protection:
        popq    fault_error(%rip)
        movl    $2, %eax
        cmpq    $nmi_end, (%rsp)
        jne     leave_machine
        exit    0

        .data
        .balign 8
entry_cs:       .quad 0
entry_ss:       .quad 0
fault_error:    .quad -1
