/* SPDX-License-Identifier: MIT */
/*
 * Where an NMI raised in an interrupt shadow is taken (TP-055, TP-060, TP-067, TP-068). Offsets are those of plus_n.
 *
 * CASE                           expected                         kvm_pvm
 *  1 STI                         plus_2 (held) or plus_0          plus_2: held
 *  2 STI with IF set already     plus_0: no shadow                plus_2: held
 *  3 MOV SS                      plus_2                           plus_2
 *  4 three MOV SS, NMI after 1st behind the 2nd (Intel: first of  behind the 2nd
 *                                a chain), plus_2 (AMD: every)
 *
 * For case 4 the processor, asked at CPL 3 with TF by cpl3-probe.c, shadows after every MOV SS.
 *
 * Assemble and run, from the top of the repository (one variant: CASE=n):
 *     as --64 -I asm-fixtures/include --defsym CASE=1 -o x.o scripts/kvm/experiments/shadows.S
 *     ld -n -T asm-fixtures/link.ld -o x.elf x.o && nmi64-kvm x.elf --trace | grep event
 */
        .include "machine.inc"
        gate    2, on_nmi, ist=IST_NMI
        directive "inject nmi@at=shadow"

fixture_main:
        movl    %ss, %eax
        .if     CASE == 1
        sti
        .elseif CASE == 2
        sti
        nop
        sti
        .elseif CASE >= 3
        movl    %eax, %ss
        .endif
shadow:
        .if     CASE == 4
        movl    %eax, %ss
        movl    %eax, %ss
        .endif
plus_0: inc     %ebx
plus_2: inc     %ebx
plus_4: inc     %ebx
        exit    1
on_nmi:
        hlt
