/* SPDX-License-Identifier: MIT */
/*
 * Brings up the boot processor of a kernel image as start_kernel() does up to trap_init(), as far as entry code can tell:
 * descriptor tables, GS bases, the MSRs of SYSCALL, a TSS with the stacks of the CPU entry area, the kernel's own IDT, one
 * NMI handler on the kernel's list. What the kernel's functions can do by themselves they do. Then it goes to the victim.
 */
        .include "bringup.inc"

        .set    TSS_SELECTOR, 0x40
        .set    TSS_LIMIT, 0x67
        .set    CPUNODE_DESCRIPTOR, 8 * 15

        .set    MSR_SPEC_CTRL, 0x48
        .set    SPEC_CTRL_IBRS, 1
        .set    MSR_STAR, 0xc0000081
        .set    MSR_LSTAR, 0xc0000082
        .set    MSR_FMASK, 0xc0000084
        .set    MSR_GS_BASE, 0xc0000101
        .set    MSR_KERNEL_GS_BASE, 0xc0000102
        .set    USER_GS_BASE, 0x00007f0000001000
        /* TF, IF, DF, IOPL, NT, AC and what else syscall_init() masks */
        .set    SYSCALL_MASK, 0x257fd5

        .set    ONLINE, 0                       /* number of the processor in __cpu_online_mask */

        directive "stack setup_stack setup_stack_top"
        directive "max-instructions 200000"

        /* RAX, RCX and RDX change. */
        .macro  write_msr index, value
        movl    $\index, %ecx
        movabsq $\value, %rax
        movq    %rax, %rdx
        shrq    $32, %rdx
        wrmsr
        .endm

        /* A member of the boot processor's TSS; RCX changes. */
        .macro  set_tss member, value, index=0
        movabsq $\value, %rax
        movq    $offsetof.tss_struct.x86_tss.\member, %rcx
        movq    %rax, %gs:cpu_tss_rw + 8 * \index(%rcx)
        .endm

        .weak   idt_setup_early_pf
        .weak   cpu0.fpu_fpregs_owner_ctx
        .weak   cpu0.x86_spec_ctrl_current
        .weak   mca_cfg
        .weak   bitof.mca_config.initialized
        .weak   offsetof.mca_config.monarch_timeout
        .weak   handler_setup

        .globl  bringup
bringup:
        movq    $setup_stack_top, %rsp
        /* a descriptor of the TSS in the kernel's GDT */
        movabsq $tss_base, %rax
        movq    $cpu0.gdt_page + TSS_SELECTOR, %rdi
        movw    $TSS_LIMIT, (%rdi)
        movw    %ax, 2(%rdi)
        shrq    $16, %rax
        movb    %al, 4(%rdi)
        movb    $0x89, 5(%rdi)
        movb    $0, 6(%rdi)
        movb    %ah, 7(%rdi)
        shrq    $16, %rax
        movl    %eax, 8(%rdi)
        movl    $0, 12(%rdi)
        /* whose limit is the number of the processor, for LSL: processor 0 of node 0 */
        movabsq $0x0040f50000000000, %rax
        movq    %rax, cpu0.gdt_page + CPUNODE_DESCRIPTOR
        lgdt    gdt_pointer(%rip)
        pushq   $KERNEL_CS
        pushq   $1f
        lretq
1:      movl    $KERNEL_DS, %eax
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        write_msr MSR_GS_BASE, __per_cpu_load
        write_msr MSR_KERNEL_GS_BASE, USER_GS_BASE
        write_msr MSR_STAR, 0x0023001000000000
        write_msr MSR_LSTAR, entry_SYSCALL_64
        write_msr MSR_FMASK, SYSCALL_MASK
        /* IBRS is on in the kernel, if the entry code has been patched to switch it */
        movl    $has_kernel_ibrs, %eax
        testl   %eax, %eax
        jz      0f
        movq    $cpu0.x86_spec_ctrl_current, %rdi
        movq    $SPEC_CTRL_IBRS, (%rdi)
        write_msr MSR_SPEC_CTRL, SPEC_CTRL_IBRS
0:      set_tss sp0, entry_stack_top
        set_tss ist, double_fault_stack_top, 0
        set_tss ist, nmi_stack_top, 1
        set_tss ist, debug_stack_top, 2
        set_tss ist, machine_check_stack_top, 3
        movabsq $exception_stacks, %rax
        movq    %rax, %gs:cea_exception_stacks
        movl    $TSS_SELECTOR, %eax
        ltr     %ax
        /* the IDT, as the kernel fills it */
        call    idt_setup_early_traps
        movq    $idt_setup_early_pf, %rax
        testq   %rax, %rax
        jz      2f
        call    *%rax
2:      call    idt_setup_traps
        lidt    idt_pointer(%rip)
        /* the registers of the FPU are those of the task that runs, so that nothing loads them at an exit to user mode */
        movq    $cpu0.fpu_fpregs_owner_ctx, %rdi
        testq   %rdi, %rdi
        jz      3f
        movq    $init_task, %rax
        addq    $offsetof.task_struct.thread.fpu, %rax
        movq    %rax, (%rdi)
        movl    $ONLINE, offsetof.fpu.last_cpu(%rax)
        /* set_cpu_online() */
3:      lock btsq $ONLINE, __cpu_online_mask
        movl    $1, __num_online_cpus
        /* machine checks, of a processor without banks; some kernels are built without them */
        movq    $mca_cfg, %rdi
        testq   %rdi, %rdi
        jz      4f
        movl    $bitof.mca_config.initialized, %ecx
        btsq    %rcx, (%rdi)
        movl    $0, offsetof.mca_config.monarch_timeout(%rdi)   # each processor for itself, as on AMD's
        /* the handler, as register_nmi_handler(NMI_LOCAL, ...) puts it on the list: a list of one */
4:      movq    $nmi_desc, %rax
        addq    $offsetof.nmi_desc.head, %rax
        movq    $nmi_action, %rcx
        movq    %rcx, (%rax)
        movq    %rcx, 8(%rax)
        movq    %rax, (%rcx)                    /* nmiaction.list is its first member */
        movq    %rax, 8(%rcx)
        movq    $nmi_handler, offsetof.nmiaction.handler(%rcx)
        movq    $handler_setup, %rax
        testq   %rax, %rax
        jz      5f
        call    *%rax
5:      jmp     victim

        /* Goes to user mode by the frame on the stack, which becomes the end of a struct pt_regs, by the kernel's own way out. */
        .globl  enter_user
enter_user:
        movl    $has_kernel_ibrs, %eax
        testl   %eax, %eax
        jz      6f
        write_msr MSR_SPEC_CTRL, 0
6:      .rept   16
        pushq   $0
        .endr
        jmp     swapgs_restore_regs_and_return_to_usermode

        .balign 8
        .word   0, 0, 0
gdt_pointer:
        .word   8 * 16 - 1
        .quad   gdt_base
        .balign 8
        .word   0, 0, 0
idt_pointer:
        .word   16 * 256 - 1
        .quad   idt_base

        .data
        .balign 64
nmi_action:
        .fill   128
        .balign 4096
setup_stack:
        .fill   8192
setup_stack_top:
