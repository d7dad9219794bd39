/* SPDX-License-Identifier: MIT */
/*
 * The last page of a PC's boot ROM: brings the processor from reset to the machine at whose reset nmi64 begins (see
 * docs/machine.md) and jumps to the image. There is no BIOS: nothing else has run, no device has been programmed.
 *
 * The ROM holds pages of RAM, page tables and GDT included, and a table of pairs (destination, source), both 32-bit
 * physical addresses. The words at the beginning of this page are filled in by whoever makes the ROM. The page copies
 * itself to STAGE, which is mapped one to one, because the ROM is not mapped in the image's address space.
 *
 *      as --64 -o shim.o shim.S && objcopy -O binary -j .text shim.o shim.bin     makes 4096 bytes
 */
        .set    ROM, 0xfffff000
        .set    STAGE, 0x07e00000
        .set    APIC, 0xfee00000
        .set    APIC_SPURIOUS, 0x0f0
        .set    APIC_LINT0, 0x350
        .set    APIC_LINT1, 0x360
        .set    APIC_ON, 0x1ff
        .set    APIC_MASKED, 0x10000
        .set    APIC_NMI, 0x400
        .set    IO_APIC, 0xfec00000
        .set    IO_APIC_DATA, 0x10
        .set    REDIRECTION, 0x10               /* the entry of pin N is at REDIRECTION + 2 N */
        .set    TIMER_ONE_SHOT, 0x30            /* counter 0, two bytes, mode 0: it waits for its count */
        .set    CR0_LONG_MODE, 0x80010033       /* PG WP NE ET MP PE */
        .set    MSR_EFER, 0xc0000080
        .set    EFER_LONG_MODE, 0x901           /* NXE LME SCE; the processor sets LMA */

        .text
start:
table:          .quad   0
pages:          .quad   0
entry:          .quad   0
stack_top:      .quad   0
root:           .quad   0
cr4:            .quad   0
image_gdt:      .word   0
                .quad   0
                .balign 8
timer:          .quad   0                       /* not 0: the interval timer's interrupt is an NMI */

/* A debugger borrows this instruction to make the local APIC send an interrupt; the same bytes in 32- and 64-bit code. */
        .org    0x60
send:           .byte   0x89, 0x03              /* mov %eax, (%rbx) */
/* And this one, to set the interval timer going: a counter's value to its port. */
        .org    0x68
                .byte   0xee                    /* out %al, (%dx) */
/* And this one, where it cannot set the direction flag itself. */
        .org    0x70
                .byte   0xfd                    /* std */

        .org    0x80
        .balign 8
gdt:            .quad   0
                .quad   0x00cf9b000000ffff      /* 0x08 code, 32-bit */
                .quad   0x00cf93000000ffff      /* 0x10 data */
gdt_pointer:    .word   gdt_pointer - gdt - 1
                .long   ROM + (gdt - start)
no_idt:         .word   0
                .quad   0

        .code16
real_mode:
        cli
        lgdtl   %cs:0xf000 + (gdt_pointer - start)
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $0x08, $ROM + (protected_mode - start)

        .code32
protected_mode:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        inb     $0x92, %al                      /* A20 */
        orb     $2, %al
        andb    $0xfe, %al
        outb    %al, $0x92
        movb    $0xff, %al                      /* both interrupt controllers masked */
        outb    %al, $0x21
        outb    %al, $0xa1

        cld
        movl    ROM + (table - start), %ebx
        movl    ROM + (pages - start), %ebp
copy:
        movl    (%ebx), %edi
        movl    4(%ebx), %esi
        movl    $1024, %ecx
        rep movsl
        addl    $8, %ebx
        decl    %ebp
        jnz     copy

        movl    $ROM, %esi
        movl    $STAGE, %edi
        movl    $1024, %ecx
        rep movsl
        movl    $STAGE + (staged - start), %eax
        jmp     *%eax

staged:
        /* LINT1 is where an NMI button is wired to; LINT0, the old interrupt controllers, stays out of it. */
        movl    $APIC_ON, APIC + APIC_SPURIOUS
        movl    $APIC_MASKED, APIC + APIC_LINT0
        movl    $APIC_NMI, APIC + APIC_LINT1

        cmpl    $0, STAGE + (timer - start)
        je      1f
        movb    $TIMER_ONE_SHOT, %al
        outb    %al, $0x43
        movl    $REDIRECTION + 2 * 2, IO_APIC
        movl    $APIC_NMI, IO_APIC + IO_APIC_DATA
1:
        movw    $0x3fb, %dx                     /* the serial port at its fastest, 8 bits */
        movb    $0x83, %al
        outb    %al, %dx
        movw    $0x3f8, %dx
        movb    $1, %al
        outb    %al, %dx
        incl    %edx
        xorb    %al, %al
        outb    %al, %dx
        movw    $0x3fb, %dx
        movb    $0x03, %al
        outb    %al, %dx

        lgdt    STAGE + (image_gdt - start)
        movl    STAGE + (cr4 - start), %eax
        movl    %eax, %cr4
        movl    STAGE + (root - start), %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        xorl    %edx, %edx
        movl    $EFER_LONG_MODE, %eax
        wrmsr
        movl    $CR0_LONG_MODE, %eax
        movl    %eax, %cr0
        ljmp    $0x08, $STAGE + (long_mode - start)

        .code64
long_mode:
        lgdt    image_gdt(%rip)
        lidt    no_idt(%rip)
        xorl    %eax, %eax
        lldt    %ax
        movl    %eax, %fs
        movl    %eax, %gs
        movq    %rax, %cr2
        movl    $0x10, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        leaq    start+0x1000(%rip), %rsp
        xorl    %eax, %eax
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xorl    %ebx, %ebx
        xorl    %ebp, %ebp
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        pushq   $2
        popfq
        movq    stack_top(%rip), %rsp
        jmp     *entry(%rip)

        .code16
        .org    0xff0
        jmp     real_mode
        .org    0x1000
