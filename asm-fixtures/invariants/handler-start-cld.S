/* SPDX-License-Identifier: MIT */
/*
 * The same with CLD; the program has DF and NT set, and delivery clears NT.
 */
        .include "machine.inc"

        directive "title The entry clears DF before it calls the handler"
        directive "catalogue IV02 control: CLD in the entry"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

        gate    2, nmi, ist=IST_NMI

        .set    VICTIM_RFLAGS, 0x4402

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
