/* SPDX-License-Identifier: MIT */
/*
 * The handler of an interrupt has an IST stack and opens interrupts: it relies on the APIC, which keeps its own vector back
 * until it returns.
 */
        .include "machine.inc"

        directive "title An interrupt is not requested again before its handler returns"
        directive "catalogue IV04 control: in service until the IRET"
        directive "entry own"
        directive "verdict proved"
        directive "check-events intr:32"
        directive "expect exit 0"
        directive "window window window_end"

        gate    32, interrupt, ist=IST_EXCEPTION

        .text
fixture_main:
        load_registers victim
        sti
        nop
window:
        nop
        nop
window_end:
        cli
        exit    0

interrupt:
        sti
        nop
        cli
        iretq
