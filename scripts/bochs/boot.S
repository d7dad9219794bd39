/* SPDX-License-Identifier: MIT */
/*
 * Boot sector: enters 64-bit mode with the essentials of nmi64's machine (selectors 0x08 and 0x10, low 64 MiB mapped one
 * to one), copies the loop behind it to 0x100000, calls it with ROUNDS in RDI, and switches the emulator off through
 * port 0x8900. SECTORS and ROUNDS come from the command line of the assembler.
 */
        .set    TABLES, 0x10000
        .set    LOADED, 0x8000
        .set    LOOP, 0x100000

        .code16
        .globl  _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    $LOADED >> 4, %ax
        movw    %ax, %es
        xorw    %bx, %bx
        movw    $0x0200 + SECTORS, %ax  /* read; DL is still the drive the BIOS booted from */
        movw    $0x0002, %cx            /* cylinder 0, sector 2 */
        xorb    %dh, %dh
        sti
        int     $0x13
        cli
        jc      failed
        inb     $0x92, %al              /* A20 */
        orb     $2, %al
        outb    %al, $0x92

        /* One PML4E, one PDPTE, 32 large pages. */
        movw    $TABLES >> 4, %ax
        movw    %ax, %es
        xorw    %di, %di
        movw    $0x3000 / 2, %cx
        xorw    %ax, %ax
        cld
        rep stosw
        movl    $TABLES + 0x1000 + 3, %es:0
        movl    $TABLES + 0x2000 + 3, %es:0x1000
        movl    $0x83, %eax
        movw    $0x2000, %di
pages:
        movl    %eax, %es:(%di)
        addl    $0x200000, %eax
        addw    $8, %di
        cmpw    $0x2000 + 32 * 8, %di
        jb      pages

        lgdt    gdt_pointer
        movl    $0x20, %eax             /* CR4.PAE */
        movl    %eax, %cr4
        movl    $TABLES, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       /* EFER.LME, NXE, SCE */
        rdmsr
        orl     $0x901, %eax
        wrmsr
        movl    $0x80010033, %eax       /* PG WP NE ET MP PE */
        movl    %eax, %cr0
        ljmp    $0x08, $long_mode
failed:
        hlt
        jmp     failed

        .code64
long_mode:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    $0x80000, %esp
        movl    $LOADED, %esi
        movl    $LOOP, %edi
        movl    $SECTORS * 512, %ecx
        rep movsb
        movabsq $ROUNDS, %rdi
        testq   %rdi, %rdi
        jz      off
        movl    $LOOP, %eax
        call    *%rax
off:
        movw    $0x8900, %dx
        movl    $word, %esi
        movl    $8, %ecx
        rep outsb
stuck:
        hlt
        jmp     stuck

word:   .ascii  "Shutdown"

        .balign 8
gdt:
        .quad   0
        .quad   0x00af9b000000ffff
        .quad   0x00cf93000000ffff
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

        .org    510
        .word   0xaa55
