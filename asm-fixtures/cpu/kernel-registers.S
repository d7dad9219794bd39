/* SPDX-License-Identifier: MIT */
/*
 * What the NMI entries of Linux, FreeBSD and Xen execute today besides moves and jumps: speculation control, a change of page
 * tables that keeps translations, invalidation by identifier, buffer clearing, fences, the machine check's and the debug
 * unit's registers. None of it may fault, and what is written can be read.
 *
 * Schedule: NMI in the user program.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/kernel-registers.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title The registers and instructions of today's NMI entries are there"
        directive "reference SDM vol. 4, 2.1; vol. 2, INVPCID, VERW, MOV CR"
        directive "cr4 mce,pcide,fsgsbase,smap"
        directive "inject nmi@at=user_main"
        directive "handler nmi nmi_end"
        directive "expect outcome exit"
        directive "expect exit 0"
        directive "expect handler-runs 1"
        directive "expect memory spec_ctrl 1"
        directive "expect memory debug_control 0"
        directive "expect memory machine_check_status 0"

        .set    MSR_SPEC_CTRL, 0x48
        .set    MSR_PRED_CMD, 0x49
        .set    MSR_MCG_STATUS, 0x17a
        .set    MSR_DEBUGCTL, 0x1d9
        .set    MSR_TSC_AUX, 0xc0000103
        .set    IBRS, 1
        .set    IBPB, 1
        .set    CR3_NO_FLUSH, 63
        .set    USER_PCID, 0x80

        gate    2, nmi, ist=IST_NMI
        gate    0x80, user_finished, dpl=3

        .section .user_text, "ax", @progbits
user_main:
        nop
        int     $0x80
        ud2

        .text
fixture_main:
        write_msr MSR_TSC_AUX, 3
        movq    %cr3, %rax
        orq     $USER_PCID, %rax        /* as the user's tables would be */
        movq    %rax, %cr3
        load_user_data_segments
        enter_user user_main, user_stack_top

nmi:
        endbr64
        clac
        cld
        swapgs
        lfence
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        movq    %cr3, %rax
        pushq   %rax
        andq    $~0xfff, %rax
        btsq    $CR3_NO_FLUSH, %rax
        movq    %rax, %cr3
        write_msr MSR_SPEC_CTRL, IBRS
        write_msr MSR_PRED_CMD, IBPB
        read_msr MSR_SPEC_CTRL
        movq    %rax, spec_ctrl(%rip)
        read_msr MSR_DEBUGCTL
        movq    %rax, debug_control(%rip)
        write_msr MSR_DEBUGCTL, 0
        read_msr MSR_MCG_STATUS
        movq    %rax, machine_check_status(%rip)
        rdgsbase %rax
        wrgsbase %rax
        rdpid   %rax
        rdtscp
        movl    $0, %eax
        invpcid one_address(%rip), %rax
        movl    $2, %eax
        invpcid one_address(%rip), %rax
        invlpg  (%rsp)
        pause
        mfence
        write_msr MSR_SPEC_CTRL, 0
        verw    kernel_ds(%rip)
        popq    %rax
        btsq    $CR3_NO_FLUSH, %rax
        movq    %rax, %cr3
        popq    %rdx
        popq    %rcx
        popq    %rax
        swapgs
nmi_end:
        iretq

user_finished:
        movq    %cr3, %rax
        andl    $0xfff, %eax
        cmpl    $USER_PCID, %eax
        movl    $1, %eax
        jne     leave_machine
        exit    0

        .data
        .balign 8
one_address:    .quad USER_PCID, user_main
spec_ctrl:      .quad 0
debug_control:  .quad -1
machine_check_status:
        .quad   -1
kernel_ds:      .word KERNEL_DS
