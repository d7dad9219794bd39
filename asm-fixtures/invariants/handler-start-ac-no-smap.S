/* SPDX-License-Identifier: MIT */
/*
 * Without SMAP nobody minds AC.
 */
        .include "machine.inc"

        directive "title Without SMAP the handler may start with AC set"
        directive "catalogue IV02 control: CR4.SMAP off"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

        gate    2, nmi, ist=IST_NMI

        .set    VICTIM_RFLAGS, 0x40002

        .text
fixture_main:
        load_registers victim
        pushq   $VICTIM_RFLAGS
        popfq
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
        nop
do_nmi_end:
        ret
