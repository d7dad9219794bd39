/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b24-kernel-rsp-t-v37 on the entry of v4.2: DF is clear, so RSP does not count.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v42.inc"

        directive "title v4.2: kernel RSP at T is harmless with DF clear"
        directive "catalogue B24 control: the DF marker"
        directive "entry v4.2"
        directive "verdict proved"

        kernel_victim_at nmi_stack_top
        nmi_handler nothing
