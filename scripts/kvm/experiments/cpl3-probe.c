// SPDX-License-Identifier: MIT
//
// Asks the processor itself, in user mode, what kvm_pvm cannot answer. Build: gcc -O1 -o cpl3-probe cpl3-probe.c
//
// Observed on an AMD EPYC (family 25, model 1), Linux guest under a hypervisor:
//   mov ss x3, nop    traps at +7: every MOV SS of a chain has its shadow (TP-060)
//   rep movsb, TF     traps at +0 +0 +2 with RCX 2 1 0, and RF = 0 in the frame each time (TP-074 expects 1 mid-REP)
//   rep ..., timer    RF = 0 in the frame of every interrupt in mid-REP, hundreds of them; UD2 does show RF = 1
//   iretq             CS is checked before RIP, RIP before SS (TP-147)
// The RF results went through the hypervisor's interception and re-injection of interrupts and #DB.

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#define RFLAGS_RF (1ull << 16)
#define NON_CANONICAL 0x800000000000ull
#define USER_CS 0x33
#define USER_SS 0x2b
#define KERNEL_DATA_RPL3 0x1b
#define BEYOND_GDT 0xfff3
#define MAX_TRAPS 16

static uint64_t origin, resume; // written by the assembly below
static struct { uint64_t rip, rflags, rcx; } traps[MAX_TRAPS];
static int trap_count;
static int mid_rep[2]; // by RF
static uint64_t fault_error, fault_vector;

static void on_trap(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (trap_count == MAX_TRAPS) return;
    traps[trap_count].rip = (uint64_t)regs[REG_RIP];
    traps[trap_count].rflags = (uint64_t)regs[REG_EFL];
    traps[trap_count++].rcx = (uint64_t)regs[REG_RCX];
}

static void on_timer(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    if ((uint64_t)regs[REG_RIP] == origin) mid_rep[!!((uint64_t)regs[REG_EFL] & RFLAGS_RF)]++;
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    fault_error = (uint64_t)regs[REG_ERR];
    fault_vector = (uint64_t)regs[REG_TRAPNO];
    if (fault_vector == 6) printf("ud2: RF %d\n", !!((uint64_t)regs[REG_EFL] & RFLAGS_RF));
    regs[REG_RIP] = (greg_t)resume;
}

static void print_traps(const char *title) {
    printf("%s:", title);
    for (int i = 0; i < trap_count; i++)
        printf(" +%d (RF %d, RCX %d)", (int)(traps[i].rip - origin), !!(traps[i].rflags & RFLAGS_RF),
               (int)(traps[i].rcx & 0xff));
    putchar('\n');
    trap_count = 0;
}

// The traps after the last NOP are those of the code that clears TF.
#define SET_TF "pushfq; orq $0x100, (%%rsp); popfq;"
#define CLEAR_TF "pushfq; andq $~0x100, (%%rsp); popfq;"
#define SET_ORIGIN "lea 1f(%%rip), %%rax; mov %%rax, %0;"

static void probe_traps(void) {
    static char from[8], to[8];
    __asm__ volatile("sub $128, %%rsp;" SET_ORIGIN "mov %%ss, %%eax;" SET_TF
                     "1: mov %%eax, %%ss; mov %%eax, %%ss; mov %%eax, %%ss; nop; nop;" CLEAR_TF "add $128, %%rsp"
                     : "=m"(origin)::"rax", "memory", "cc");
    print_traps("mov ss at +0 +2 +4, nop at +6 +7");
    __asm__ volatile("sub $128, %%rsp;" SET_ORIGIN "mov $3, %%ecx;" SET_TF "1: rep movsb; nop;" CLEAR_TF
                     "add $128, %%rsp"
                     : "=m"(origin)
                     : "S"(from), "D"(to)
                     : "rax", "rcx", "memory", "cc");
    print_traps("rep movsb at +0, nop at +2");
}

static void probe_timer(void) {
    enum { SIZE = 64 << 20, ROUNDS = 12, PERIOD_US = 1000 };
    char *bytes = malloc(SIZE);
    if (!bytes) return;
    memset(bytes, 1, SIZE);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, PERIOD_US}, {0, PERIOD_US}}, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t count = SIZE;
        char *at = bytes;
        __asm__ volatile(SET_ORIGIN "xor %%eax, %%eax; 1: repne scasb"
                         : "=m"(origin), "+c"(count), "+D"(at)::"rax", "memory", "cc");
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    printf("timer in mid-REP: RF 0 %d times, RF 1 %d times\n", mid_rep[0], mid_rep[1]);
    free(bytes);
}

static void probe_iretq(uint64_t cs, uint64_t rip, uint64_t ss, const char *title) {
    fault_vector = fault_error = 0;
    uint64_t stack;
    __asm__ volatile("lea 2f(%%rip), %%rax; mov %%rax, %0; mov %%rsp, %1; sub $256, %%rsp;"
                     "push %4; push %1; pushfq; push %2; push %3; iretq; 2: mov %1, %%rsp"
                     : "=m"(resume), "=&r"(stack)
                     : "r"(cs), "r"(rip), "r"(ss)
                     : "rax", "memory", "cc");
    printf("iretq, %s: vector %d, error 0x%x\n", title, (int)fault_vector, (unsigned)fault_error);
}

int main(void) {
    static char stack[1 << 16];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK}, NULL);
    sigaction(SIGALRM, &(struct sigaction){.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_ONSTACK}, NULL);
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &fault, NULL);
    sigaction(SIGBUS, &fault, NULL);
    sigaction(SIGILL, &fault, NULL);

    probe_traps();
    __asm__ volatile("lea 2f(%%rip), %%rax; mov %%rax, %0; ud2; 2:" : "=m"(resume)::"rax", "memory");
    probe_timer();
    uint64_t good = (uint64_t)probe_traps;
    probe_iretq(USER_CS, NON_CANONICAL, USER_SS, "RIP bad");
    probe_iretq(USER_CS, good, KERNEL_DATA_RPL3, "SS bad");
    probe_iretq(USER_CS, NON_CANONICAL, KERNEL_DATA_RPL3, "RIP and SS bad");
    probe_iretq(BEYOND_GDT, NON_CANONICAL, KERNEL_DATA_RPL3, "CS, RIP and SS bad");
    probe_iretq(USER_CS, good, 0, "SS null");
}
