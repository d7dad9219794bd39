/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v3.7 entry without one half of what v3.3 brought: the NMI handler does not look whether it interrupted
 * someone on the DEBUG stack. The #BP handler moves its IST pointer down, as the kernel's does, so that a #BP
 * inside it gets a stack of its own; but before its first instruction, and after its last but one, the pointer is
 * where the hardware put the frame. An NMI there whose handler meets an INT3 overwrites that frame, and the
 * program's #BP returns into the NMI handler.
 */
        .include "scenario.inc"
        .include "entry-v37.inc"

        directive "title An INT3 in the NMI handler overwrites the frame of the INT3 it interrupted"
        directive "reference Linux 228bdaa95fb8 describes the problem it solves"
        directive "catalogue B22 NMI before the #BP handler shifts its IST pointer"
        directive "entry mutant of v3.7"
        directive "verdict violated frame-overwritten frame events 1"
        directive "window window window_end"

        gate    3, breakpoint, ist=IST_DEBUG, dpl=3

        .text
fixture_main:
        load_registers victim
window:
        int3
window_end:
        exit    0

breakpoint:
        subq    $4096, tss_ist3 + 8(%rip)
        nop
        addq    $4096, tss_ist3 + 8(%rip)
        iretq

do_nmi:
        pushq   %rbx
        int3
        popq    %rbx
do_nmi_end:
        ret
