/* SPDX-License-Identifier: MIT */
/*
 * A handler that reads what is not mapped, as one that walks stacks does, through the kernel's own function for that: the
 * whole of exc_page_fault() and the search of the exception table. The fault's IRET ends the blocking of NMIs.
 */
        .include "bringup.inc"

        .set    NOT_MAPPED, 0xffffc90000000000  /* the vmalloc area, empty */

        .globl  nmi_handler
        .type   nmi_handler, @function
nmi_handler:
        subq    $8, %rsp
        movq    %rsp, %rdi
        movabsq $NOT_MAPPED, %rsi
        movl    $8, %edx
        call    copy_from_kernel_nofault
        addq    $8, %rsp
        movl    $1, %eax                        /* NMI_HANDLED */
nmi_handler_end:
        ret
