/* SPDX-License-Identifier: MIT */
/*
 * The same handler behind a controller that signals the vector again: it is entered twice, and the second frame replaces
 * the first, by which the program would have been resumed.
 */
        .include "machine.inc"

        directive "title An interrupt is requested again while it is in service"
        directive "catalogue IV04 the line is signalled again"
        directive "entry own"
        directive "verdict violated frame-overwritten frame events 2"
        directive "check-events intr:32"
        directive "reasserts 32"
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
