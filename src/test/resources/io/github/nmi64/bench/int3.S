/* SPDX-License-Identifier: MIT */
/* Six steps a round: INT3, its delivery on an IST stack, and back with IRETQ. Loads a GDT with a TSS and an IDT first. */
        .include "loop.inc"

        movl    $IST_TOP, %eax
        movq    %rax, TSS + 36          /* IST1 */
        leaq    handler(%rip), %rax
        movw    %ax, IDT + 3 * 16
        movl    $0x8e010008, IDT + 3 * 16 + 2   /* selector 8, IST1, interrupt gate, present */
        shrq    $16, %rax
        movw    %ax, IDT + 3 * 16 + 6
        shrq    $16, %rax
        movq    %rax, IDT + 3 * 16 + 8
        lgdt    gdt_pointer(%rip)
        lidt    idt_pointer(%rip)
        movl    $0x18, %eax
        ltr     %ax
round:
        int3
        decq    %rdi
        jnz     round
        ret

handler:
        incq    %rbx
        iretq

        .balign 8
gdt:
        .quad   0
        .quad   0x00af9b000000ffff
        .quad   0x00cf93000000ffff
        .quad   0x0000890000000067 | (TSS & 0xffffff) << 16
        .quad   0
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   gdt
idt_pointer:
        .word   4 * 16 - 1
        .quad   IDT
