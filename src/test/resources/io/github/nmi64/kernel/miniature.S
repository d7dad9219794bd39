/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of a kernel that a bring-up asks for, small: the NMI entry as of v4.2 under the names it has had since 5.8, the
 * way into a system call and out of it, breakpoints with the emulation of text being patched, page faults with one fix-up,
 * and the lists and tables those look at. What C would tell the debugger about its structures is told by numbers:
 * offsetof.STRUCT.MEMBER and sizeof.STRUCT, of which the tests make the section .BTF.
 *
 *   as --64 --fatal-warnings -o miniature.o miniature.S
 *   ld -n --build-id=none --fatal-warnings -T miniature.ld -o miniature.elf miniature.o
 */
        .set    KERNEL_CS, 0x10
        .set    KERNEL_DS, 0x18
        .set    USER_DS, 0x2b
        .set    USER_CS, 0x33
        .set    MSR_GS_BASE, 0xc0000101
        .set    THREAD_SIZE, 16384
        .set    EXCEPTION_STKSZ, 4096
        .set    RFLAGS_DF_BYTE1, 0x04
        .set    ENOSYS, 38
        .set    EFAULT, 14

        /* struct pt_regs, from its base */
        .set    REGS_ORIG_RAX, 120
        .set    REGS_RIP, 128
        .set    REGS_CS, 136
        .set    REGS_RSP, 152

        .set    NMI_NOT_RUNNING, 0
        .set    NMI_EXECUTING, 1
        .set    NMI_LATCHED, 2
        .set    NMI_LOCAL, 0
        .set    DIE_INT3, 3
        .set    NOTIFY_STOP, 0x8001
        .set    CALL32, 0xe8

        .set    offsetof.tss_struct.x86_tss.sp0, 4
        .set    offsetof.tss_struct.x86_tss.sp2, 20
        .set    offsetof.tss_struct.x86_tss.ist, 36
        .set    sizeof.tss_struct, 4096
        .set    offsetof.cpu_entry_area.gdt, 0
        .set    offsetof.cpu_entry_area.entry_stack_page, 0x1000
        .set    offsetof.cpu_entry_area.tss, 0x2000
        .set    offsetof.cpu_entry_area.estacks, 0x4000
        .set    offsetof.cea_exception_stacks.DF_stack, 0x1000
        .set    offsetof.cea_exception_stacks.NMI_stack_guard, 0x2000
        .set    offsetof.cea_exception_stacks.NMI_stack, 0x3000
        .set    offsetof.cea_exception_stacks.DB_stack_guard, 0x4000
        .set    offsetof.cea_exception_stacks.DB_stack, 0x5000
        .set    offsetof.cea_exception_stacks.MCE_stack_guard, 0x6000
        .set    offsetof.cea_exception_stacks.MCE_stack, 0x7000
        .set    offsetof.cea_exception_stacks.VC_stack_guard, 0x8000
        .set    offsetof.task_struct.thread.fpu, 64
        .set    offsetof.fpu.last_cpu, 0
        .set    offsetof.nmi_desc.head, 8
        .set    offsetof.nmiaction.handler, 16
        .set    offsetof.atomic_notifier_head.head, 8
        .set    offsetof.notifier_block.notifier_call, 0
        .set    offsetof.bp_patching_desc.vec, 0
        .set    offsetof.bp_patching_desc.nr_entries, 8
        .set    offsetof.bp_patching_desc.refs, 12
        .set    offsetof.text_poke_loc.rel_addr, 0
        .set    offsetof.text_poke_loc.disp, 4
        .set    offsetof.text_poke_loc.len, 8
        .set    offsetof.text_poke_loc.opcode, 9
        .set    sizeof.text_poke_loc, 16
        .set    offsetof.irq_cpustat_t.__nmi_count, 4
        .set    sizeof.nmi_stats, 16

        .macro  function name
        .globl  \name
        .type   \name, @function
\name:
        .endm

        /* struct pt_regs below the error code or what stands in its place. */
        .macro  push_registers rdx=%rdx rax=%rax
        pushq   %rdi
        pushq   %rsi
        pushq   \rdx
        pushq   %rcx
        pushq   \rax
        .irp    register, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
        pushq   %\register
        .endr
        .endm

        /* All but RDI. */
        .macro  pop_registers
        .irp    register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi
        popq    %\register
        .endr
        .endm

        .text
        .globl  _stext
_stext:
        .fill   16, 1, 0x90
function asm_exc_nmi
        pushq   %rdx
        testb   $3, 16(%rsp)
        jz      nmi_from_kernel

        /* From user mode: on the thread's stack at once, and back as from any interrupt. */
        swapgs
        cld
        movq    %rsp, %rdx
        movq    %gs:cpu_current_top_of_stack, %rsp
        pushq   5*8(%rdx)
        pushq   4*8(%rdx)
        pushq   3*8(%rdx)
        pushq   2*8(%rdx)
        pushq   1*8(%rdx)
        pushq   $-1
        push_registers rdx=(%rdx)
        movq    %rsp, %rdi
        call    exc_nmi
        jmp     swapgs_restore_regs_and_return_to_usermode

nmi_from_kernel:
        /* Inside the fix-up the handler is about to run anyway: leave without a trace. */
        movq    $repeat_nmi, %rdx
        cmpq    8(%rsp), %rdx
        ja      1f
        movq    $end_repeat_nmi, %rdx
        cmpq    8(%rsp), %rdx
region_branch:
        ja      nested_nmi_out

1:      cmpl    $1, -8(%rsp)
        je      nested_nmi

        /* RSP in the NMI stack counts only with DF set: the exit sets it, and SYSCALL clears it. */
        leaq    6*8(%rsp), %rdx
        cmpq    %rdx, 4*8(%rsp)
        ja      first_nmi
        subq    $EXCEPTION_STKSZ, %rdx
        cmpq    %rdx, 4*8(%rsp)
        jb      first_nmi
        testb   $RFLAGS_DF_BYTE1, 3*8 + 1(%rsp)
direction_branch:
        jz      first_nmi

nested_nmi:
        subq    $8, %rsp
        leaq    -10*8(%rsp), %rdx
        pushq   $KERNEL_DS
        pushq   %rdx
        pushfq
        pushq   $KERNEL_CS
        pushq   $repeat_nmi
        addq    $(6*8), %rsp
nested_nmi_out:
        popq    %rdx
        iretq

first_nmi:
        movq    (%rsp), %rdx
        pushq   $1
        subq    $(5*8), %rsp
        .rept   5
        pushq   11*8(%rsp)
        .endr
        /* RSP is below the outermost frame, here and after a nested NMI. */
repeat_nmi:
        movq    $1, 10*8(%rsp)
        addq    $(10*8), %rsp
        .rept   5
        pushq   -6*8(%rsp)
        .endr
        subq    $(5*8), %rsp
end_repeat_nmi:
        pushq   $-1
        push_registers
        cld
        /* The sign of the GS base decides: after SYSCALL and before an exit, kernel mode has the user's. */
        movl    $1, %ebx
        movl    $MSR_GS_BASE, %ecx
        rdmsr
        testl   %edx, %edx
        js      1f
        swapgs
        xorl    %ebx, %ebx
1:      movq    %rsp, %rdi
        call    exc_nmi
        testl   %ebx, %ebx
        jnz     nmi_restore
        swapgs
nmi_restore:
        pop_registers
        popq    %rdi
        addq    $(6*8), %rsp
        std
        movq    $0, 5*8(%rsp)
        iretq

function entry_SYSCALL32_ignore
        movl    $-ENOSYS, %eax
        sysretl

/*
 * RDI = pt_regs. An NMI that finds another one at work leaves word and returns; the other one then starts over. CR2 is put
 * back before the state is left, or an NMI between the two would keep the wrong one.
 */
function exc_nmi
        cmpl    $NMI_NOT_RUNNING, %gs:nmi_state
        je      1f
        movl    $NMI_LATCHED, %gs:nmi_state
        ret
1:      movl    $NMI_EXECUTING, %gs:nmi_state
        movq    %cr2, %rax
        movq    %rax, %gs:nmi_cr2
        pushq   %rbx
        movq    %rdi, %rbx
nmi_restart:
        incl    %gs:irq_stat + offsetof.irq_cpustat_t.__nmi_count
        incq    %gs:nmi_stats
        movq    %rbx, %rdi
        call    nmi_handle
        movq    %gs:nmi_cr2, %rax
        movq    %cr2, %rcx
        cmpq    %rax, %rcx
        je      2f
        movq    %rax, %cr2
2:      decl    %gs:nmi_state
        jnz     nmi_restart
        popq    %rbx
        ret

function nmi_handle
        pushq   %rbx
        pushq   %rbp
        movq    %rdi, %rbp
        movq    nmi_desc + offsetof.nmi_desc.head, %rbx
1:      cmpq    $nmi_desc + offsetof.nmi_desc.head, %rbx
        je      2f
        movl    $NMI_LOCAL, %edi
        movq    %rbp, %rsi
        call    *offsetof.nmiaction.handler(%rbx)
        movq    (%rbx), %rbx                    /* nmiaction.list is its first member */
        jmp     1b
2:      popq    %rbp
        popq    %rbx
        ret

function entry_SYSCALL_64
        swapgs
        movq    %rsp, %gs:cpu_tss_rw + offsetof.tss_struct.x86_tss.sp2
        movq    %gs:cpu_current_top_of_stack, %rsp
        pushq   $USER_DS
        pushq   %gs:cpu_tss_rw + offsetof.tss_struct.x86_tss.sp2
        pushq   %r11
        pushq   $USER_CS
        pushq   %rcx
        pushq   %rax
        push_registers rax=$-ENOSYS
        sti
        nop                                     /* no system call has a number here */
        cli
        pop_registers
        movq    %rsp, %rdi
        movq    %gs:cpu_tss_rw + offsetof.tss_struct.x86_tss.sp0, %rsp
        pushq   5*8(%rdi)
        pushq   (%rdi)
        popq    %rdi
        popq    %rsp
        swapgs
        sysretq

function swapgs_restore_regs_and_return_to_usermode
        pop_registers
        movq    %rsp, %rdi
        movq    %gs:cpu_tss_rw + offsetof.tss_struct.x86_tss.sp0, %rsp
        pushq   6*8(%rdi)
        pushq   5*8(%rdi)
        pushq   4*8(%rdi)
        pushq   3*8(%rdi)
        pushq   2*8(%rdi)
        pushq   (%rdi)
        popq    %rdi
        swapgs
        iretq

/* From kernel mode only, with room for the return address of a CALL that is emulated. */
function asm_exc_int3
        pushq   $-1
        .rept   6
        pushq   5*8(%rsp)
        .endr
        push_registers
        cld
        movq    %rsp, %rdi
        call    exc_int3
        jmp     error_return

function asm_exc_page_fault
        push_registers
        cld
        movq    %rsp, %rdi
        call    exc_page_fault
error_return:
        pop_registers
        popq    %rdi
        addq    $8, %rsp
        iretq

function exc_int3
        testb   $3, REGS_CS(%rdi)
        jnz     panic
        movq    REGS_RIP(%rdi), %rax
        decq    %rax
        cmpl    $0, bp_desc + offsetof.bp_patching_desc.refs
        je      notify
        movq    bp_desc + offsetof.bp_patching_desc.vec, %rdx
        movl    bp_desc + offsetof.bp_patching_desc.nr_entries, %ecx
1:      decl    %ecx
        js      notify
        movslq  offsetof.text_poke_loc.rel_addr(%rdx), %r8
        addq    $_stext, %r8
        cmpq    %r8, %rax
        je      2f
        addq    $sizeof.text_poke_loc, %rdx
        jmp     1b
2:      movzbl  offsetof.text_poke_loc.len(%rdx), %r9d
        addq    %rax, %r9
        movslq  offsetof.text_poke_loc.disp(%rdx), %r10
        addq    %r9, %r10
        movq    %r10, REGS_RIP(%rdi)
        cmpb    $CALL32, offsetof.text_poke_loc.opcode(%rdx)
        jne     3f
        movq    REGS_RSP(%rdi), %rax
        subq    $8, %rax
        movq    %r9, (%rax)
        movq    %rax, REGS_RSP(%rdi)
3:      ret
notify:
        movq    die_chain + offsetof.atomic_notifier_head.head, %rdi
        testq   %rdi, %rdi
        jz      panic
        movl    $DIE_INT3, %esi
        xorl    %edx, %edx
        call    *offsetof.notifier_block.notifier_call(%rdi)
        cmpl    $NOTIFY_STOP, %eax
        jne     panic
        ret

function exc_page_fault
        cmpq    $nofault_read, REGS_RIP(%rdi)
        jne     panic
        movq    $nofault_fixup, REGS_RIP(%rdi)
        ret

function copy_from_kernel_nofault
nofault_read:
        movq    (%rsi), %rax
        movq    %rax, (%rdi)
        xorl    %eax, %eax
        ret
nofault_fixup:
        movl    $-EFAULT, %eax
        ret

function exc_double_fault
        hlt
        jmp     exc_double_fault

function panic
        hlt
        jmp     panic

function idt_setup_early_traps
        movq    $early_gates, %rsi
        jmp     set_gates

function idt_setup_traps
        movq    $gates, %rsi
set_gates:
        movl    (%rsi), %ecx
        testl   %ecx, %ecx
        jz      1f
        shlq    $4, %rcx
        leaq    idt_table(%rcx), %rdi
        movq    8(%rsi), %rax
        movw    %ax, (%rdi)
        movw    $KERNEL_CS, 2(%rdi)
        movl    4(%rsi), %edx
        movw    %dx, 4(%rdi)
        shrq    $16, %rax
        movw    %ax, 6(%rdi)
        shrq    $16, %rax
        movq    %rax, 8(%rdi)
        addq    $16, %rsi
        jmp     set_gates
1:      ret

        .data
        /* Vector, type and IST, target. */
        .balign 16
early_gates:
        .long   3, 0xee00
        .quad   asm_exc_int3
        .long   0
        .balign 16
gates:
        .long   2, 0x8e02
        .quad   asm_exc_nmi
        .long   8, 0x8e01
        .quad   exc_double_fault
        .long   14, 0x8e00
        .quad   asm_exc_page_fault
        .long   0

        .macro  variable name size
        .globl  \name
        .type   \name, @object
        .balign 16
\name:
        .fill   \size
        .endm

        variable nmi_desc 96
        variable die_chain 16
        variable bp_desc 16
        variable init_task 256
        variable __cpu_online_mask 8
        variable __num_online_cpus 4

        .bss
        .balign 4096
        .globl  idt_table
idt_table:
        .skip   4096
        .globl  init_stack
init_stack:
        .skip   THREAD_SIZE

        .section .data..percpu, "aw", @progbits
        .globl  gdt_page
gdt_page:
        .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00af9b000000ffff
        .quad   0x00cf93000000ffff
        .quad   0x00cffb000000ffff
        .quad   0x00cff3000000ffff
        .quad   0x00affb000000ffff
        .balign 4096
        .globl  cpu_tss_rw
cpu_tss_rw:
        .fill   4096
        .globl  cpu_current_top_of_stack
cpu_current_top_of_stack:
        .quad   init_stack + THREAD_SIZE
        variable cea_exception_stacks 8
        variable nmi_state 4
        variable nmi_cr2 8
        variable irq_stat 16
        variable nmi_stats 16
        variable fpu_fpregs_owner_ctx 8
        .section .note.GNU-stack, "", @progbits
