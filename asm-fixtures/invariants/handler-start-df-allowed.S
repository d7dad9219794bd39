/* SPDX-License-Identifier: MIT */
/*
 * A handler that needs no clear DF, and says so.
 */
        .include "machine.inc"

        directive "title A handler that may start with DF set"
        directive "catalogue IV02 control: the fixture allows DF"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"
        directive "handler-flags df"

        gate    2, nmi, ist=IST_NMI

        .set    VICTIM_RFLAGS, 0x402

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
        call    do_nmi
        iretq

do_nmi:
        nop
do_nmi_end:
        ret
