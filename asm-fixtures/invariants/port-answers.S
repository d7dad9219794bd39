/* SPDX-License-Identifier: MIT */
/*
 * A handler asks port 0x61 why it was called, as that of a PC does: bit 7 is a parity error, bit 6 a check of the bus. All ones
 * would be both, and it stops. The directive lets the port answer that it was neither.
 */
        .include "machine.inc"

        directive "title A handler that asks a port for the reason"
        directive "catalogue IV06 control: a port without a device answers by directive"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "port 0x61 0x20"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
        load_registers victim
window:
        nop
        nop
window_end:
        exit    0

nmi:
        cld
        pushq   %rax
        call    do_nmi
        popq    %rax
        iretq

do_nmi:
        inb     $0x61, %al
        testb   $0xc0, %al
        jnz     hardware
do_nmi_end:
        ret

hardware:
        cli
        hlt
        jmp     hardware
