/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v4.2 handles an NMI from user mode on the thread's stack and recognises the SYSCALL gap, yet what the hardware
 * pushes for a second NMI still replaces the first one's frame as long as that has not been copied. The interrupted
 * program is the kernel's.
 */
        .include "scenario-machine-check.inc"
        .include "entry-v42.inc"

        directive "title v4.2: #MC in the prologue, kernel program"
        directive "catalogue B18 NMIs opened in the prologue by a machine check"
        directive "entry v4.2"
        directive "verdict violated frame-intact rip events 3"
        directive "check-region mce nmi end_repeat_nmi"

        machine_check_victim kernel
