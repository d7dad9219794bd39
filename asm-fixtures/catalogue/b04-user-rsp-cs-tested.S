/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * b04-user-rsp-t-2048 on the entry of v3.3, which tests CS first: an NMI from user mode is never nested.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v33.inc"

        directive "title v3.3: user RSP within the NMI stack is harmless"
        directive "catalogue B04 control: the CS test"
        directive "entry v3.3"
        directive "verdict proved"

        user_victim_at nmi_stack_top-2048
        nmi_handler nothing
