/* SPDX-License-Identifier: MIT */
/*
 * A handler with two breakpoints, as a debugger's, which a notifier takes: the whole of exc_int3(), then on where it was.
 * The IRET of each ends the blocking of NMIs.
 */
        .include "bringup.inc"

        .set    NOTIFY_STOP, 0x8001

        .globl  handler_setup
handler_setup:
        movq    $notifier, %rax
        movq    $take_breakpoint, offsetof.notifier_block.notifier_call(%rax)
        movq    $die_chain, %rcx
        movq    %rax, offsetof.atomic_notifier_head.head(%rcx)
        ret
take_breakpoint:
        movl    $NOTIFY_STOP, %eax
        ret

        .globl  nmi_handler
        .type   nmi_handler, @function
nmi_handler:
        nop
        int3
        nop
        int3
        nop
        movl    $1, %eax                        /* NMI_HANDLED */
nmi_handler_end:
        ret

        .data
        .balign 16
notifier:
        .fill   64
