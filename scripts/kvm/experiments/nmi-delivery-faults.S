/* SPDX-License-Identifier: MIT */
/*
 * An NMI whose delivery faults: which exception, which error code (TP-113, TP-117).
 *
 * CASE                           expected (Intel SDM)             kvm_pvm
 *  1 IDT ends before vector 2    #GP(0x13), unreachable: shutdown shutdown
 *  2 gate not present            #NP(0x13)                        #NP(0x12)
 *  3 null selector               #GP(1)                           #GP(0)
 *  4 selector of data            #GP(0x11)                        #GP(0) at the handler's address
 *  5 selector beyond the GDT     #GP(0x1239)                      #GP(0x1238)
 *  6 TSS limit before IST 3      #TS(0x31)                        delivered, limit not looked at
 *  7 IST non-canonical           #SS(1)                           #SS(0)
 *  8 IST on a missing page       #PF(2), CR2 = top - 8            #PF(2), CR2 not written
 *  9 gate offset non-canonical   #GP(1)                           #GP(0) at the handler's address
 * 10 gate type 0                 #GP(0x13)                        delivered, type not looked at
 *
 * kvm_pvm has no EXT bit and checks less: not a source for these points. No processor could be asked.
 *
 * Assemble and run, from the top of the repository (one variant: CASE=n):
 *     as --64 -I asm-fixtures/include --defsym CASE=1 -o x.o scripts/kvm/experiments/nmi-delivery-faults.S
 *     ld -n -T asm-fixtures/link.ld -o x.elf x.o && nmi64-kvm x.elf --trace | grep event
 */
        .include "machine.inc"
        .set    IDT_NMI, idt + 16 * 2

        gate    2, on_nmi, ist=IST_NMI
        gate    10, on_10, ist=IST_EXCEPTION
        gate    11, on_11, ist=IST_EXCEPTION
        gate    12, on_12, ist=IST_EXCEPTION
        gate    13, on_13, ist=IST_EXCEPTION
        gate    14, on_14, ist=IST_EXCEPTION
        directive "inject nmi@at=target"

fixture_main:
        .if     CASE == 1               /* IDT too short for vector 2; vector 13 cannot be reached either: shutdown */
        movw    $16 * 2 - 1, idt_pointer(%rip)
        lidt    idt_pointer(%rip)
        .elseif CASE == 2               /* gate not present */
        andb    $0x7f, IDT_NMI + 5
        .elseif CASE == 3               /* null selector in the gate */
        movw    $0, IDT_NMI + 2
        .elseif CASE == 4               /* selector of a data segment */
        movw    $KERNEL_DS, IDT_NMI + 2
        .elseif CASE == 5               /* selector outside the GDT */
        movw    $0x1238, IDT_NMI + 2
        .elseif CASE == 6               /* IST 3 beyond the limit of the TSS (72 + 5), IST 1 within */
        movb    $1, idt + 16 * 10 + 4   /* #TS itself needs a stack that is reachable */
        movw    $0x34, gdt_tss(%rip)
        movb    $0x89, gdt_tss + 5(%rip)
        movw    $TSS_SELECTOR, %ax
        ltr     %ax
        .elseif CASE == 7               /* IST non-canonical */
        movabsq $0x800000001000, %rax
        movq    %rax, tss_ist3(%rip)
        .elseif CASE == 8               /* IST on a page that is not present */
        movabsq $0x700000001000, %rax
        movq    %rax, tss_ist3(%rip)
        .elseif CASE == 9               /* gate offset non-canonical */
        movl    $0x12345678, IDT_NMI + 8
        .elseif CASE == 10              /* gate type 0 */
        andb    $0xf0, IDT_NMI + 5
        .endif
        movl    $1, %ebx
target:
        nop
        exit    1
on_nmi:
        exit    2
on_10:  hlt
on_11:  hlt
on_12:  hlt
on_13:  hlt
on_14:  hlt
