/* SPDX-License-Identifier: MIT */
/*
 * HLT inside the NMI handler. The second NMI is latched but blocked and IF is clear: nothing can wake the CPU
 * (TP-044).
 *
 * Schedule: NMI in the program; NMI while the handler is halted.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/nmi-in-hlt-blocked.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A blocked NMI does not wake HLT"
        directive "reference SDM vol. 2, HLT; vol. 3, 6.7.1"
        directive "inject nmi@at=window"
        directive "inject nmi@after=hlt"
        directive "handler nmi nmi_end"
        directive "expect outcome halted"
        directive "expect handler-runs 1"
        directive "expect nmi-asserted 2"
        directive "expect nmi-delivered 1"
        directive "expect memory nmi_runs 1"
        directive "expect memory woken 0"

        gate    2, nmi, ist=IST_NMI

        .text
fixture_main:
window:
        nop
        exit    1

nmi:
        incq    nmi_runs(%rip)
        hlt
        incq    woken(%rip)
nmi_end:
        iretq

        .data
        .balign 8
nmi_runs:       .quad 0
woken:          .quad 0
