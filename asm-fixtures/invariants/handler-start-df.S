/* SPDX-License-Identifier: MIT */
/*
 * Delivery leaves DF as the program has it, and this entry forgets CLD: whatever compiler made the handler, its string
 * instructions now run backwards.
 */
        .include "machine.inc"

        directive "title The entry calls the handler with DF set"
        directive "catalogue IV02 no CLD in the entry"
        directive "entry own"
        directive "verdict violated handler-start df events 1"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

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
