/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC's entry. The user program sets its RSP to T-2048, T being the top of the NMI stack, without touching memory
 * there. Nobody looks at CS, so its NMI is taken for a nested one: the handler does not run and RDI leaks.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-rfc.inc"

        directive "title RFC: user RSP at T-2048 makes the NMI a nested one"
        directive "catalogue B04 user RSP within the NMI stack"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 1"

        user_victim_at nmi_stack_top-2048
        nmi_handler nothing
