// SPDX-License-Identifier: MIT
//
// The way in and out of the guest that C cannot take: the signal handler as the kernel calls it, with the FS and GS
// bases and the selectors of the guest still loaded.

#ifndef CPU_ORACLE_SIGNAL_ENTRY_H
#define CPU_ORACLE_SIGNAL_ENTRY_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

struct bases {
    uint64_t fs, gs;
};

// Shared with the assembly below.
#define ASSEMBLY_VISIBLE __attribute__((used, visibility("hidden")))
ASSEMBLY_VISIBLE struct bases host_bases;
ASSEMBLY_VISIBLE struct bases guest_bases;  // found at the signal
ASSEMBLY_VISIBLE struct bases next_bases;   // to be set when the handler returns
ASSEMBLY_VISIBLE uint16_t guest_selectors[4] __attribute__((aligned(8)));  // DS ES FS GS
ASSEMBLY_VISIBLE uint64_t next_kept_flags;
ASSEMBLY_VISIBLE uint8_t has_fsgsbase;

void oracle_enter(void);
void oracle_signal(int signal_number, siginfo_t *info, void *context);
void oracle_read_bases(struct bases *into);
ASSEMBLY_VISIBLE void on_signal(int signal_number, siginfo_t *info, ucontext_t *context);

// oracle_signal is the signal handler. Until the host's FS base is back, nothing may touch TLS (a stack protector
// would), and until AC is clear no compiled code may run, since it may access memory unaligned. Linux clears TF and DF
// for a handler. RBX, RBP and R12..R15 need no saving: sigreturn loads every register.
__asm__(
    ".text\n"
    ".hidden oracle_enter, oracle_signal, oracle_read_bases\n"
    ".globl oracle_enter, oracle_signal, oracle_read_bases\n"
    "oracle_enter:\n"
    "    ud2\n"
    "    ret\n"

    "oracle_read_bases:\n"  // rdi: struct bases
    "    cmpb $0, has_fsgsbase(%rip)\n"
    "    je 1f\n"
    "    rdfsbase %rax\n"
    "    movq %rax, (%rdi)\n"
    "    rdgsbase %rax\n"
    "    movq %rax, 8(%rdi)\n"
    "    ret\n"
    "1:  movq %rdi, %rsi\n"
    "    movl $0x1003, %edi\n"  // ARCH_GET_FS
    "    movl $158, %eax\n"     // arch_prctl
    "    syscall\n"
    "    addq $8, %rsi\n"
    "    movl $0x1004, %edi\n"  // ARCH_GET_GS
    "    movl $158, %eax\n"
    "    syscall\n"
    "    ret\n"

    "oracle_write_bases:\n"  // rdi: struct bases
    "    cmpb $0, has_fsgsbase(%rip)\n"
    "    je 1f\n"
    "    movq (%rdi), %rax\n"
    "    wrfsbase %rax\n"
    "    movq 8(%rdi), %rax\n"
    "    wrgsbase %rax\n"
    "    ret\n"
    "1:  movq %rdi, %rdx\n"
    "    movq (%rdx), %rsi\n"
    "    movl $0x1002, %edi\n"  // ARCH_SET_FS
    "    movl $158, %eax\n"
    "    syscall\n"
    "    movq 8(%rdx), %rsi\n"
    "    movl $0x1001, %edi\n"  // ARCH_SET_GS
    "    movl $158, %eax\n"
    "    syscall\n"
    "    ret\n"

    "oracle_signal:\n"
    "    pushfq\n"
    "    andl $0xfffbffff, (%rsp)\n"  // AC
    "    popfq\n"
    "    movl %edi, %ebx\n"
    "    movq %rsi, %rbp\n"
    "    movq %rdx, %r12\n"
    "    leaq guest_bases(%rip), %rdi\n"
    "    call oracle_read_bases\n"
    "    movw %ds, 0+guest_selectors(%rip)\n"
    "    movw %es, 2+guest_selectors(%rip)\n"
    "    movw %fs, 4+guest_selectors(%rip)\n"
    "    movw %gs, 6+guest_selectors(%rip)\n"
    "    cmpq $0, guest_selectors(%rip)\n"
    "    je 2f\n"
    "    xorl %eax, %eax\n"
    "    movl %eax, %ds\n"
    "    movl %eax, %es\n"
    "    movl %eax, %fs\n"
    "    movl %eax, %gs\n"
    "2:  leaq host_bases(%rip), %rdi\n"
    "    call oracle_write_bases\n"
    "    movl %ebx, %edi\n"
    "    movq %rbp, %rsi\n"
    "    movq %r12, %rdx\n"
    "    subq $8, %rsp\n"
    "    call on_signal\n"
    "    addq $8, %rsp\n"
    "    leaq next_bases(%rip), %rdi\n"
    "    call oracle_write_bases\n"
    "    pushfq\n"
    "    andq $~0x204000, (%rsp)\n"  // ID, NT
    "    movq next_kept_flags(%rip), %rax\n"
    "    orq %rax, (%rsp)\n"
    "    popfq\n"
    "    ret\n");  // to libc's restorer: rt_sigreturn

#endif
