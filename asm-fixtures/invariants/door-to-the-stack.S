/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry ends by a JMP to a word of its stack, a slot too high: what it fetches there is data.
 */
        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-common.inc"
        .include "nmi-slots-v37.inc"

        directive "title An entry that jumps to its stack"
        directive "catalogue IV05 control goes to the NMI stack"
        directive "entry own"
        directive "verdict violated no-crash events 1"

        kernel_victim
        nmi_handler nothing

nmi:
        pushq   $-1
        subq    $ORIG_RAX-R15, %rsp
        call    save_paranoid
        movq    %rsp, %rdi
        call    do_nmi
        restore_gs
        restore_all
        pushq   16(%rsp)
        popfq
        jmp     *24(%rsp)
repeat_nmi:
        nop
end_repeat_nmi:
