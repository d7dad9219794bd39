/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC's entry, with the user's RSP at T-4104, just outside the range that b04-user-rsp-t and its kin show to be
 * wrong.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-rfc.inc"

        directive "title RFC: user RSP at T-4104 is harmless"
        directive "catalogue B04 control: user RSP just outside the NMI stack"
        directive "entry rfc"
        directive "verdict proved"

        user_victim_at nmi_stack-8
        nmi_handler nothing
