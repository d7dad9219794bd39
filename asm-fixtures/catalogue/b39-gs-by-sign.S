/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With CR4.FSGSBASE the user sets the GS base, also to an address of the upper half. At the target of SYSCALL the
 * saved CS is the kernel's, so v4.2 asks the sign of the GS base, takes the user's for the kernel's, and the handler
 * runs on it.
 */
        .set    NEGATIVE_USER_GS, 1
        .include "scenario-syscall-gap.inc"
        .include "entry-v42.inc"

        directive "title v4.2 with FSGSBASE: the sign of the GS base misleads"
        directive "catalogue B39 the handler runs on the user's GS base"
        directive "entry v4.2"
        directive "verdict violated kernel-gs-in-handler gs_base events 1"
        directive "cr4 fsgsbase"
        directive "window user_call user_end"

        .text
do_nmi:
        pushq   %rbx
        popq    %rbx
do_nmi_end:
        ret
