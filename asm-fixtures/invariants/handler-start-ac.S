/* SPDX-License-Identifier: MIT */
/*
 * Delivery leaves AC as the program has it. With SMAP on and AC set the handler can touch the pages of the user, which
 * is what SMAP should prevent: CLAC is missing.
 */
        .include "machine.inc"

        directive "title Under SMAP the entry calls the handler with AC set"
        directive "catalogue IV02 no CLAC in the entry, CR4.SMAP on"
        directive "entry own"
        directive "verdict violated handler-start ac events 1"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "cr4 smap"

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
