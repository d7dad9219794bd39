/* SPDX-License-Identifier: MIT */
/*
 * A handler whose text is being patched: two of its instructions begin with INT3, as text_poke_bp() leaves them for a while.
 * poke_int3_handler() acts for the first as a JMP and for the second as a CALL, for which asm_exc_int3 leaves room on the
 * stack. So neither breakpoint returns to where it was. The IRET of each ends the blocking of NMIs.
 */
        .include "bringup.inc"

        .set    PATCHED, 5                      /* bytes of each instruction */
        .set    JMP8, 0xeb
        .set    CALL32, 0xe8

        .globl  handler_setup
handler_setup:
        /* an array of two, in the order of addresses, which the kernel searches */
        movq    $patches, %rdi
        movq    $patched_jump, %rax
        subq    $_stext, %rax
        movl    %eax, offsetof.text_poke_loc.rel_addr(%rdi)
        movl    $0, offsetof.text_poke_loc.disp(%rdi)
        movb    $PATCHED, offsetof.text_poke_loc.len(%rdi)
        movb    $JMP8, offsetof.text_poke_loc.opcode(%rdi)
        addq    $sizeof.text_poke_loc, %rdi
        movq    $patched_call, %rax
        subq    $_stext, %rax
        movl    %eax, offsetof.text_poke_loc.rel_addr(%rdi)
        movl    $poke_target - patched_call - PATCHED, offsetof.text_poke_loc.disp(%rdi)
        movb    $PATCHED, offsetof.text_poke_loc.len(%rdi)
        movb    $CALL32, offsetof.text_poke_loc.opcode(%rdi)
        movq    $bp_desc, %rcx
        movq    $patches, %rax
        movq    %rax, offsetof.bp_patching_desc.vec(%rcx)
        movl    $2, offsetof.bp_patching_desc.nr_entries(%rcx)
        movl    $1, offsetof.bp_patching_desc.refs(%rcx)
        ret

        .globl  nmi_handler
        .type   nmi_handler, @function
nmi_handler:
        nop
patched_jump:
        .byte   0xcc, 0x0f, 0x1f, 0x44, 0x00    /* INT3 and what a NOP of 5 bytes leaves of itself: JMP to the next */
        nop
patched_call:
        .byte   0xcc, 0x00, 0x00, 0x00, 0x00
        movl    $1, %eax                        /* NMI_HANDLED */
nmi_handler_end:
        ret
poke_target:
        nop
        ret

        .data
        .balign 16
patches:
        .fill   128
