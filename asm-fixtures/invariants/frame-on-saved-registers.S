/* SPDX-License-Identifier: MIT */
/*
 * A slip in the layout of the stacks: that of page faults begins 48 bytes below that of divide errors. The handler of a
 * divide error saves two registers right below its frame and touches a page that is not there; the frame of the page fault
 * replaces the second.
 */
        .include "machine.inc"

        directive "title A page fault's frame on the registers a divide error's handler has saved"
        directive "catalogue IV03 two IST stacks that overlap"
        directive "entry own"
        directive "verdict violated frame-overwritten registers events 0"
        directive "expect exit 0"
        directive "expect violation frame-overwritten"
        directive "window window window_end"

        .set    UNMAPPED, 0x70000000    /* far above the identity-mapped 64 MiB */
        .set    IST_PAGE_FAULT, 7

        gate    0, divide_error, ist=IST_EXCEPTION
        gate    2, nmi, ist=IST_NMI
        gate    14, page_fault, ist=IST_PAGE_FAULT

        .text
fixture_main:
        movq    $exception_stack_top - 48, tss_ist3 + 32(%rip)
        load_registers victim
        xorl    %ecx, %ecx
window:
        divl    %ecx
window_end:
        exit    0

divide_error:
        pushq   %rax
        pushq   %rcx
        movb    UNMAPPED, %al
fault_resume:
        popq    %rcx
        popq    %rax
        addq    $2, (%rsp)
        iretq

nmi:
        iretq

page_fault:
        addq    $8, %rsp
        movq    $fault_resume, (%rsp)
        iretq
