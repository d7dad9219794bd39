/* SPDX-License-Identifier: MIT */
/*
 * The handler of the program's page fault changes the frame it returns by, which is its own business, before and after an
 * NMI has interrupted it.
 */
        .include "machine.inc"

        directive "title A fault handler changes its own frame, whenever it is interrupted"
        directive "catalogue IV03 control: a fix-up"
        directive "entry own"
        directive "verdict proved"
        directive "expect exit 0"
        directive "window window window_end"
        directive "handler do_nmi do_nmi_end"

        gate    2, nmi, ist=IST_NMI
        .set    UNMAPPED, 0x70000000    /* far above the identity-mapped 64 MiB */

        gate    14, page_fault, ist=IST_EXCEPTION

        .text
fixture_main:
        load_registers victim
window:
        movb    UNMAPPED, %al
fault_resume:
        nop
window_end:
        exit    0

page_fault:
        addq    $8, %rsp
        nop
        movq    $fault_resume, (%rsp)
        xorq    $1, 16(%rsp)
        nop
        iretq

nmi:
        cld
        call    do_nmi
        iretq

do_nmi:
        nop
do_nmi_end:
        ret
