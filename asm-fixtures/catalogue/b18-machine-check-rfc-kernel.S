/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RFC relies on NMIs being blocked until its variable and both frames are complete. A machine check in the
 * prologue opens them with its IRETQ; the next NMI is then pushed over the frame of the first. The interrupted
 * program is the kernel's.
 */
        .include "scenario-machine-check.inc"
        .include "entry-rfc.inc"

        directive "title RFC: #MC in the prologue, kernel program"
        directive "catalogue B18 NMIs opened in the prologue by a machine check"
        directive "entry rfc"
        directive "verdict violated context-restored rdi events 3"
        directive "check-region mce nmi restart_nmi"

        machine_check_victim kernel
