/* SPDX-License-Identifier: MIT */
/*
 * FS and GS hold data of DPL 0 and a base of their own. IRETQ, and then RETF, to CPL 3 takes the selectors away; the
 * bases stay, and user code reads through them (TP-158).
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/return-keeps-segment-base.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A return to an outer level empties FS and GS but for their bases"
        directive "reference SDM vol. 2, IRET, RET, RETURN-TO-OUTER-PRIVILEGE-LEVEL"
        directive "expect outcome exit"
        directive "expect exit 0"

        .set    MSR_FS_BASE, 0xc0000100

        gate    0x40, first_return, dpl=3
        gate    0x41, second_return, dpl=3

        .macro  load_kernel_segments
        movl    $KERNEL_DS, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        write_msr MSR_FS_BASE, fs_area
        write_msr MSR_GS_BASE, gs_area
        .endm

        /* Checks N to N + 3: what user code found in RBX, RSI, FS and GS. */
        .macro  check_segments n
        movl    $\n, %eax
        cmpl    $0x6673, %ebx
        jne     leave_machine
        incl    %eax
        cmpl    $0x6773, %esi
        jne     leave_machine
        incl    %eax
        movl    %fs, %eax
        testl   %eax, %eax
        movl    $\n + 2, %eax
        jnz     leave_machine
        movl    %gs, %eax
        testl   %eax, %eax
        movl    $\n + 3, %eax
        jnz     leave_machine
        .endm

        .section .user_text, "ax", @progbits
after_iret:
        movl    %fs:0, %ebx
        movl    %gs:0, %esi
        int     $0x40
after_retf:
        movl    %fs:0, %ebx
        movl    %gs:0, %esi
        int     $0x41

        .section .user_data, "aw", @progbits
fs_area:
        .quad   0x6673
gs_area:
        .quad   0x6773

        .text
fixture_main:
        load_kernel_segments
        pushq   $USER_DS
        pushq   $user_stack_top
        pushq   $0x2
        pushq   $USER_CS
        pushq   $after_iret
        iretq

first_return:
        check_segments 1
        load_kernel_segments
        pushq   $USER_DS
        pushq   $user_stack_top
        pushq   $USER_CS
        pushq   $after_retf
        lretq

second_return:
        check_segments 5
        exit    0
