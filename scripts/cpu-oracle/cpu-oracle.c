// SPDX-License-Identifier: MIT
//
// CPU oracle: executes single user-mode instructions on the host CPU and reports what they did.
//
//     gcc -O2 -o cpu-oracle cpu-oracle.c
//     cpu-oracle                   requests on stdin, responses on stdout (protocol.h, README.md)
//     cpu-oracle --self-test       known answers
//     cpu-oracle --throughput N    runs N cases, stepped and not, and prints the rates
//
// A case costs one signal. The handler of the trap that ends case k stores its outcome, rewrites the saved context to
// be the start of case k+1 with TF set, and returns: the sigreturn that leaves the handler is the jump into the guest.
// All this happens in a child process; the parent only moves records and replaces a child that an instruction killed.

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "protocol.h"
#include "guest-memory.h"
#include "refusal.h"
#include "signal-entry.h"

enum { EXIT_BAD_INPUT = 2, HANG_MILLISECONDS = 2000 };
enum { TRAP_DB = 1, TRAP_PF = 14 };

// RFLAGS bits.
enum {
    FLAG_FIXED = 1 << 1,
    FLAG_TF = 1 << 8,
    FLAG_IF = 1 << 9,
    FLAG_NT = 1 << 14,
    FLAG_RF = 1 << 16,
    FLAG_AC = 1 << 18,
    FLAG_ID = 1 << 21,
    FLAGS_STATUS_AND_DF = 0xcd5,
    FLAGS_SETTABLE = FLAGS_STATUS_AND_DF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID,
    FLAGS_SIGRETURN_KEEPS = FLAG_NT | FLAG_ID,  // Linux takes these from the caller of sigreturn, not from the context
};

// ---- The batch, shared by parent and child --------------------------------------------------------------------------

static struct batch {
    volatile uint32_t count;
    volatile uint32_t next;  // the case being executed; after a crash the parent goes on behind it
    struct request request[BATCH_CASES] __attribute__((aligned(64)));
    struct response response[BATCH_CASES] __attribute__((aligned(64)));
} *batch;

// ---- Child: one case ------------------------------------------------------------------------------------------------

static const int gpr_slot[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static bool guest_running;
static gregset_t host_registers;  // of oracle_enter, to go back to when the batch is done

static bool is_base(uint64_t base)
{
    uint64_t top = base >> 47;
    return top == 0 || (top == 0x1ffff && has_fsgsbase);  // arch_prctl takes no kernel addresses
}

static bool is_sound(const struct request *request)
{
    unsigned flags = SECOND_CODE_PAGE | RUN_TO_END | WITHOUT_TF;
    unsigned exclusive = RUN_TO_END | WITHOUT_TF;
    return request->kind == KIND_EXECUTE && (request->flags & ~flags) == 0
        && (request->flags & exclusive) != exclusive
        && request->code_length >= 1 && request->code_length <= CODE_BYTES
        && request->code_offset + request->code_length <= CODE_AREA
        && (request->rflags & ~(uint64_t) (FLAGS_SETTABLE | FLAG_FIXED | FLAG_TF | FLAG_IF)) == 0
        && request->window_length <= WINDOW_BYTES
        && watched_offset(request->window_address, request->window_length) >= 0
        && is_base(request->fs_base) && is_base(request->gs_base)
        && ((request->flags & RUN_TO_END) == 0 || request->max_traps >= 1);
}

// The FPU and vector state of a case is the initial one: with no saved state, sigreturn resets it.
static void load_guest(const struct request *request, ucontext_t *context)
{
    greg_t *to = context->uc_mcontext.gregs;
    for (int i = 0; i < 16; i++) {
        to[gpr_slot[i]] = (greg_t) request->gpr[i];
    }
    to[REG_RIP] = CODE_BASE + request->code_offset;
    to[REG_EFL] = (greg_t) ((request->rflags & FLAGS_SETTABLE) | FLAG_FIXED | FLAG_IF);
    to[REG_EFL] |= (request->flags & WITHOUT_TF) == 0 ? FLAG_TF : 0;
    to[REG_CSGSFS] = host_registers[REG_CSGSFS];
    context->uc_mcontext.fpregs = NULL;
    next_bases = (struct bases) {request->fs_base, request->gs_base};
    next_kept_flags = request->rflags & FLAGS_SIGRETURN_KEEPS;
}

static void store_registers(const ucontext_t *context, struct response *response)
{
    const greg_t *from = context->uc_mcontext.gregs;
    for (int i = 0; i < 16; i++) {
        response->gpr[i] = (uint64_t) from[gpr_slot[i]];
    }
    response->rip = (uint64_t) from[REG_RIP];
    response->rflags = (uint64_t) from[REG_EFL];
    response->fs_base = guest_bases.fs;
    response->gs_base = guest_bases.gs;
    response->ds = guest_selectors[0];
    response->es = guest_selectors[1];
    response->fs = guest_selectors[2];
    response->gs = guest_selectors[3];
    response->cs = (uint16_t) from[REG_CSGSFS];
    response->ss = (uint16_t) ((uint64_t) from[REG_CSGSFS] >> 48);
}

static void finish_case(int signal_number, const siginfo_t *info, const ucontext_t *context)
{
    const struct request *request = &batch->request[batch->next];
    struct response *response = &batch->response[batch->next];
    const greg_t *from = context->uc_mcontext.gregs;
    response->signal = (uint32_t) signal_number;
    response->si_code = info->si_code;
    response->trapno = (uint32_t) from[REG_TRAPNO];
    response->error_code = (uint64_t) from[REG_ERR];
    response->cr2 = response->trapno == TRAP_PF ? (uint64_t) from[REG_CR2] : 0;  // otherwise a leftover
    store_registers(context, response);
    remove_code(request);
    collect_memory(request, response);
}

// Starts the first case at or after batch->next that may be executed; false if there is none.
static bool start_case(ucontext_t *context)
{
    for (; batch->next < batch->count; batch->next++) {
        const struct request *request = &batch->request[batch->next];
        struct response *response = &batch->response[batch->next];
        memset(response, 0, sizeof *response);
        response->id = request->id;
        if (!is_sound(request)) {
            response->status = STATUS_BAD_REQUEST;
        } else if (is_refused(request->code, request->code_length)) {
            response->status = STATUS_REFUSED;
        } else {
            place_code(request);
            place_window(request);
            load_guest(request, context);
            return true;
        }
    }
    return false;
}

// Counts a single-step trap; true if the same instruction has to go on.
static bool goes_on(const ucontext_t *context)
{
    const struct request *request = &batch->request[batch->next];
    struct response *response = &batch->response[batch->next];
    const greg_t *from = context->uc_mcontext.gregs;
    if (from[REG_TRAPNO] != TRAP_DB) {
        return false;
    }
    response->traps++;
    if ((request->flags & RUN_TO_END) == 0 || from[REG_RIP] != CODE_BASE + request->code_offset) {
        return false;
    }
    if (response->traps >= request->max_traps) {
        response->status = STATUS_LIMIT;
        return false;
    }
    next_bases = guest_bases;
    next_kept_flags = (uint64_t) from[REG_EFL] & FLAGS_SIGRETURN_KEEPS;
    return true;
}

static void load_host(ucontext_t *context)
{
    memcpy(context->uc_mcontext.gregs, host_registers, sizeof host_registers);
    context->uc_mcontext.gregs[REG_RIP] += 2;  // behind the UD2 of oracle_enter
    context->uc_mcontext.fpregs = NULL;
    next_bases = host_bases;
    next_kept_flags = 0;
    guest_running = false;
}

void on_signal(int signal_number, siginfo_t *info, ucontext_t *context)
{
    if (guest_running) {
        if (goes_on(context)) {
            return;
        }
        finish_case(signal_number, info, context);
        batch->next++;
    } else if (context->uc_mcontext.gregs[REG_RIP] == (greg_t) (uintptr_t) oracle_enter) {
        memcpy(host_registers, context->uc_mcontext.gregs, sizeof host_registers);
        guest_running = true;
    } else {
        _exit(EXIT_INTERNAL);  // a fault of the harness itself
    }
    if (!start_case(context)) {
        load_host(context);
    }
}

// ---- Child: life ----------------------------------------------------------------------------------------------------

static const int handled_signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
enum { HANDLED_SIGNALS = sizeof handled_signals / sizeof handled_signals[0], SIGNAL_STACK_BYTES = 1 << 16 };

// All handled signals are blocked while one is handled: a fault in the handler then kills the child, which is noticed.
static void install_handlers(void)
{
    int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    stack_t stack = {.ss_size = SIGNAL_STACK_BYTES};
    stack.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE, how, -1, 0);
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0) {
        die("signal stack");
    }
    struct sigaction action = {.sa_sigaction = oracle_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < HANDLED_SIGNALS; i++) {
        sigaddset(&action.sa_mask, handled_signals[i]);
    }
    for (int i = 0; i < HANDLED_SIGNALS; i++) {
        if (sigaction(handled_signals[i], &action, NULL) != 0) {
            die("sigaction");
        }
    }
}

// The second lock behind refusal.h: a system call from the code area kills the child, whatever encoding made it.
static void forbid_guest_system_calls(void)
{
    enum { IP = offsetof(struct seccomp_data, instruction_pointer), LONGEST_INSTRUCTION = 16 };
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CODE_BASE, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, CODE_BASE + CODE_AREA + LONGEST_INSTRUCTION, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        die("seccomp filter");
    }
}

// Each byte from the parent asks to run the batch from batch->next on; the same byte goes back when it is done.
static void child_main(int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    map_guest_memory();
    install_handlers();
    forbid_guest_system_calls();
    oracle_read_bases(&host_bases);
    char token;
    while (read(parent, &token, 1) == 1) {
        oracle_enter();
        if (write(parent, &token, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

// ---- Parent ---------------------------------------------------------------------------------------------------------

static struct {
    pid_t pid;
    int link;
} child = {-1, -1};

static void start_child(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        die("socketpair");
    }
    child.pid = fork();
    if (child.pid < 0) {
        die("fork");
    }
    if (child.pid == 0) {
        close(ends[0]);
        child_main(ends[1]);
    }
    close(ends[1]);
    child.link = ends[0];
}

// Waits for the answer of the child; false if it died, or was killed because one case took too long.
static bool await_child(void)
{
    uint32_t seen = batch->next;
    for (;;) {
        struct pollfd waiting = {.fd = child.link, .events = POLLIN};
        int ready = poll(&waiting, 1, HANG_MILLISECONDS);
        if (ready < 0 && errno != EINTR) {
            die("poll");
        }
        if (ready > 0) {
            char token;
            return read(child.link, &token, 1) == 1;
        }
        if (ready == 0 && batch->next == seen) {
            kill(child.pid, SIGKILL);
        }
        seen = batch->next;
    }
}

// Collects the dead child and returns how it died. A child that gave up by itself could not set itself up.
static int reap_child(void)
{
    int how = 0;
    waitpid(child.pid, &how, 0);
    close(child.link);
    child.pid = -1;
    if (WIFEXITED(how)) {
        fprintf(stderr, "cpu-oracle: the executing process failed with status %d\n", WEXITSTATUS(how));
        exit(EXIT_INTERNAL);
    }
    return how;
}

static void blame_case(int how)
{
    struct response *response = &batch->response[batch->next];
    memset(response, 0, sizeof *response);
    response->id = batch->request[batch->next].id;
    response->status = STATUS_CRASHED;
    response->signal = (uint32_t) WTERMSIG(how);
    batch->next++;
}

static void run_batch(uint32_t count)
{
    batch->count = count;
    batch->next = 0;
    while (batch->next < count) {
        if (child.pid < 0) {
            start_child();
        }
        if (send(child.link, "r", 1, MSG_NOSIGNAL) != 1) {
            reap_child();  // it died idle, killed from outside: no case is to blame
        } else if (!await_child()) {
            int how = reap_child();
            if (batch->next < count) {
                blame_case(how);
            }
        }
    }
}

static void write_fully(const void *bytes, size_t length)
{
    const char *from = bytes;
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, from, length);
        if (written < 0 && errno != EINTR) {
            die("writing responses");
        }
        if (written > 0) {
            from += written;
            length -= (size_t) written;
        }
    }
}

// Fills the batch until it is full, a FLUSH record or the end of input, which clears *more.
static uint32_t read_batch(bool *more)
{
    uint32_t count = 0;
    while (count < BATCH_CASES) {
        struct request *request = &batch->request[count];
        size_t length = fread(request, 1, sizeof *request, stdin);
        if (length < sizeof *request) {
            *more = false;
            if (ferror(stdin)) {
                die("reading requests");
            }
            if (length != 0) {
                fprintf(stderr, "cpu-oracle: input ends inside a record, %zu of %d bytes\n", length, RECORD_BYTES);
                exit(EXIT_BAD_INPUT);
            }
            break;
        }
        if (request->kind == KIND_FLUSH) {
            break;
        }
        count++;
    }
    return count;
}

static void serve(void)
{
    setvbuf(stdin, NULL, _IOFBF, 1 << 20);
    bool more = true;
    while (more) {
        uint32_t count = read_batch(&more);
        run_batch(count);
        write_fully(batch->response, count * sizeof(struct response));
    }
}

static void prepare(void)
{
    enum { HWCAP2_FSGSBASE_BIT = 1 << 1 };
    has_fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT) != 0;
    int how = MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE;
    batch = mmap(NULL, sizeof *batch, PROT_READ | PROT_WRITE, how, -1, 0);
    if (batch == MAP_FAILED) {
        die("shared memory");
    }
}

#include "self-test.h"

static int usage(void)
{
    fprintf(stderr, "usage: cpu-oracle [--arch-prctl] [--self-test | --throughput N]\n");
    return EXIT_BAD_INPUT;
}

int main(int count, char **arguments)
{
    prepare();
    int next = 1;
    if (next < count && strcmp(arguments[next], "--arch-prctl") == 0) {
        has_fsgsbase = 0;  // as on a kernel before 5.9
        next++;
    }
    if (next == count) {
        serve();
        return 0;
    }
    if (next + 1 == count && strcmp(arguments[next], "--self-test") == 0) {
        return self_test();
    }
    if (next + 2 == count && strcmp(arguments[next], "--throughput") == 0) {
        char *end;
        unsigned long cases = strtoul(arguments[next + 1], &end, 10);
        return *end == 0 && cases > 0 ? throughput(cases) : usage();
    }
    return usage();
}
