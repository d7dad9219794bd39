/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry of v3.4, a kernel program. pt_regs end in the frame that nested NMIs rewrite, so they change under the
 * handler.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v34.inc"

        directive "title v3.4: a nested NMI changes pt_regs under the handler, kernel program"
        directive "catalogue B06 pt_regs change under the running handler"
        directive "entry v3.4"
        directive "verdict violated frame-intact events 2"

        kernel_victim
        nmi_handler breakpoint_once
