/* SPDX-License-Identifier: MIT */
/*
 * When NMIs become deliverable again (TP-009, TP-010, TP-013), and SS after IST delivery within CPL 0 (TP-104).
 *
 * CASE                           expected (Intel SDM)             kvm_pvm
 *  1 good IRETQ                  2nd NMI's frame: RIP = target,   the same
 *                                nothing run there
 *  2 IRETQ that faults, #GP(0)   2nd NMI at the fault handler's   stays blocked in the fault handler
 *                                first instruction
 *  3 IRETQ of an INT3 inside     2nd NMI at after_breakpoint      the same
 * SS in the handler (R14)        unchanged or 0                   unchanged, 0x10
 *
 * Assemble and run, from the top of the repository (one variant: CASE=n):
 *     as --64 -I asm-fixtures/include --defsym CASE=1 -o x.o scripts/kvm/experiments/iret-unblocks.S
 *     ld -n -T asm-fixtures/link.ld -o x.elf x.o && nmi64-kvm x.elf --trace | grep event
 */
        .include "machine.inc"
        gate    2, on_nmi, ist=IST_NMI
        gate    3, on_breakpoint, ist=0
        gate    13, on_fault, ist=IST_EXCEPTION
        directive "inject nmi@at=target"
        directive "inject nmi@at=second"

fixture_main:
        xorl    %r15d, %r15d
target: inc     %ebx
        inc     %ebx
        exit    1
on_nmi:
        movl    %ss, %r14d              /* SS after IST delivery without a change of CPL */
        incl    %r15d
        cmpl    $2, %r15d
        je      nested
second: nop
        .if     CASE == 2
        movq    $0, 8(%rsp)
        .elseif CASE == 3
        int3
after_breakpoint:
        nop
        .endif
        iretq
nested: hlt
on_breakpoint:
        nop
        iretq
on_fault:
        nop
        nop
        hlt
