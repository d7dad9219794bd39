/* SPDX-License-Identifier: MIT */
/*
 * The NMI returns by a copy of its frame, as a fix-up table makes one, with RIP one instruction further: the program's store is
 * left out. Nobody was ever interrupted at that RIP.
 */
        .include "machine.inc"

        directive "title An NMI that skips an instruction of the program"
        directive "catalogue IV05 an IRETQ to one instruction further"
        directive "entry own"
        directive "verdict violated interference door events 1"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        load_registers victim
        movq    $word, %rdi
window:
        movb    %al, (%rdi)
window_end:
        exit    0

nmi:
        cld
        call    do_nmi
        .rept   5
        pushq   32(%rsp)
        .endr
        cmpq    $window, (%rsp)
        jne     1f
        movq    $window_end, (%rsp)
1:      iretq

do_nmi:
        nop
do_nmi_end:
        ret

        .data
        .balign 8
word:
        .quad   0
        .text
