/* SPDX-License-Identifier: MIT */
/*
 * IRETQ from CPL 0 with several things wrong: which check comes first (TP-144 to TP-147).
 *
 * CASE                           expected (Intel SDM)             kvm_pvm
 *  1 RIP and SS bad, to CPL 3    #GP(0) for RIP                   #GP(0xfff0) for SS
 *  2 SS bad, to CPL 3            #GP(0xfff0)                      #GP(0xfff0)
 *  3 RIP bad, to CPL 3           #GP(0) at the IRETQ              #GP(0) at the target, CPL 3 already
 *  4 CS, RIP and SS bad          #GP(0xfff0) for CS               #GP(0xfff0)
 *  5 RIP bad, to CPL 0           #GP(0) at the IRETQ              #GP(0) at the target
 *  6 null SS with RPL 3 to CPL 0 #GP(0)                           #GP(0)
 *  7 null SS to CPL 0            returns                          returns
 *
 * The processor itself, asked at CPL 3 by cpl3-probe.c, follows the middle column.
 *
 * Assemble and run, from the top of the repository (one variant: CASE=n):
 *     as --64 -I asm-fixtures/include --defsym CASE=1 -o x.o scripts/kvm/experiments/iret-check-order.S
 *     ld -n -T asm-fixtures/link.ld -o x.elf x.o && nmi64-kvm x.elf --trace | grep event
 */
        .include "machine.inc"
        gate    11, on_11, ist=IST_EXCEPTION
        gate    12, on_12, ist=IST_EXCEPTION
        gate    13, on_13, ist=IST_EXCEPTION
        .set    BEYOND_GDT, 0xfff0

fixture_main:
        movabsq $0x800000000000, %rax   /* non-canonical */
        .if     CASE == 1               /* RIP and SS, to CPL 3 */
        pushq   $BEYOND_GDT + 3
        .elseif CASE == 2               /* SS alone, to CPL 3 */
        pushq   $BEYOND_GDT + 3
        movl    $user_main, %eax
        .elseif CASE == 3               /* RIP alone, to CPL 3 */
        pushq   $USER_DS
        .elseif CASE == 4               /* CS, RIP and SS */
        pushq   $BEYOND_GDT + 3
        .elseif CASE == 5               /* RIP alone, to CPL 0 */
        pushq   $KERNEL_DS
        .elseif CASE == 6               /* null SS with RPL 3 to CPL 0 */
        pushq   $3
        movq    $fixture_end, %rax
        .elseif CASE == 7               /* null SS to CPL 0: legal */
        pushq   $0
        movq    $fixture_end, %rax
        .endif
        pushq   $user_stack_top
        pushq   $2
        .if     CASE == 4
        pushq   $BEYOND_GDT + 3
        .elseif CASE >= 5
        pushq   $KERNEL_CS
        .else
        pushq   $USER_CS
        .endif
        pushq   %rax
the_iretq:
        iretq
fixture_end:
        exit    1
on_11:  hlt
on_12:  hlt
on_13:  hlt

        .section .user_text, "ax", @progbits
user_main:
        nop
        nop
        .text
