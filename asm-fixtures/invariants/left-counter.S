/* SPDX-License-Identifier: MIT */
/*
 * What real kernels do in their NMI path: the handler counts. No program reads the count, so nothing is broken; but no state
 * comes twice either, so the search has no end of its own.
 */
        .include "machine.inc"

        directive "title An NMI handler that counts"
        directive "catalogue IV05 control: a counter nobody reads"
        directive "entry own"
        directive "verdict bounded"
        directive "expect exit 0"
        directive "window window window_end"
        directive "check-max-events 20"
        directive "handler do_nmi do_nmi_end"

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
        call    do_nmi
        iretq

do_nmi:
        incq    count(%rip)
do_nmi_end:
        ret

        .data
        .balign 8
count:
        .quad   0
        .text
