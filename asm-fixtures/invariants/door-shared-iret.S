/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Program and handler serialise by the same code, an IRETQ to its next instruction. An NMI that interrupts the program right
 * behind that IRETQ is not over when the handler's own call comes by.
 */
        .include "check-victim.inc"
        .include "entry-v37.inc"

        directive "title Program and handler share an IRETQ to self"
        directive "catalogue IV05 control: a serialising IRETQ resumes nobody"
        directive "entry own"
        directive "verdict proved"

        .text
sync_core:
        movq    %rsp, %rax
        pushq   $KERNEL_DS
        pushq   %rax
        pushfq
        pushq   $KERNEL_CS
        pushq   $1f
        iretq
1:      ret

fixture_main:
        load_registers victim
window:
        call    sync_core
window_end:
        exit    0

do_nmi:
        pushq   %rax
        call    sync_core
        popq    %rax
do_nmi_end:
        ret
