// SPDX-License-Identifier: MIT
//
// Known answers, run through the same batches as requests from outside, and the throughput measurement.
// Every register, the whole window, all selectors and every other field of a response are compared: what a row does not
// mention must be unchanged or zero. Answers come from the manuals; rows avoid what vendors define differently.

#ifndef CPU_ORACLE_SELF_TEST_H
#define CPU_ORACLE_SELF_TEST_H

#include <cpuid.h>
#include <time.h>

enum test_register { NONE, RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 };

enum {
    CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, DF = 0x400, OF = 0x800,
    STATUS = CF | PF | AF | ZF | SF | OF,
    DE = 0, DB = 1, BP = 3, UD = 6, SS = 12, GP = 13, PAGE_FAULT = 14, AC = 17,
    START = CODE_BASE + 0x100,
    WINDOW = DATA_BASE + 0x800,
    WORDS = 8,               // the window, in 64-bit words
    STACK = WINDOW + 4 * 8,  // RSP unless a row sets it: word 4
    USER_CS = 0x33, USER_SS = 0x2b,
};

struct register_value {
    enum test_register reg;
    uint64_t value;
};

struct test_case {
    const char *name;
    const char *code;
    uint16_t length;
    uint16_t offset;  // of the code; 0 means START
    uint32_t flags;   // request flags
    uint32_t max_traps;
    struct register_value in[5];
    uint64_t rflags_in;
    uint64_t fs_base, gs_base;
    uint64_t before[WORDS];
    bool stores;  // the window is `after`, otherwise it stays `before`
    uint64_t after[WORDS];
    enum status status;
    uint32_t crash;  // the signal that ended the child
    uint32_t trap;
    uint64_t error, cr2;
    struct register_value out[5];
    uint64_t rflags_mask, rflags_out;
    uint64_t rip;       // 0: start + advance
    uint32_t advance;
    uint32_t traps;     // 0: one if trap is DB
    uint32_t changed_first, changed_last;
    uint16_t fs;
    uint64_t fs_base_out;  // 0: unchanged
};

#define CODE(bytes) .code = bytes, .length = sizeof bytes - 1
#define STEPS(bytes) CODE(bytes), .trap = DB, .advance = sizeof bytes - 1
#define FAULTS(bytes, vector) CODE(bytes), .trap = vector
#define REFUSED(bytes) CODE(bytes), .status = STATUS_REFUSED
#define SETS(mask, bits) .rflags_mask = mask, .rflags_out = bits
#define NOT_CANONICAL 0x8000000000000000

static const struct test_case test_cases[] = {
    // Arithmetic and flags.
    {"add al, imm8 wraps", STEPS("\x04\x01"), .in = {{RAX, 0xff}}, .out = {{RAX, 0}}, SETS(STATUS, ZF | CF | AF | PF)},
    {"add eax, imm8 clears the high half", STEPS("\x83\xc0\x01"), .in = {{RAX, -1}}, .out = {{RAX, 0}},
     SETS(STATUS, ZF | CF | AF | PF)},
    {"sub rax, rcx borrows", STEPS("\x48\x29\xc8"), .in = {{RAX, 1}, {RCX, 2}}, .out = {{RAX, -1}},
     SETS(STATUS, CF | SF | AF | PF)},
    {"adc rax, rcx takes CF in", STEPS("\x48\x11\xc8"), .in = {{RAX, INT64_MAX}, {RCX, 0}}, .rflags_in = CF,
     .out = {{RAX, NOT_CANONICAL}}, SETS(STATUS, OF | SF | AF | PF)},
    {"inc rax keeps CF", STEPS("\x48\xff\xc0"), .in = {{RAX, 0}}, .rflags_in = CF, .out = {{RAX, 1}}, SETS(STATUS, CF)},
    {"mul rcx", STEPS("\x48\xf7\xe1"), .in = {{RAX, NOT_CANONICAL}, {RCX, 2}}, .out = {{RAX, 0}, {RDX, 1}},
     SETS(CF | OF, CF | OF)},
    {"div rcx", STEPS("\x48\xf7\xf1"), .in = {{RAX, 100}, {RDX, 0}, {RCX, 7}}, .out = {{RAX, 14}, {RDX, 2}}},
    {"div by zero", FAULTS("\x48\xf7\xf1", DE), .in = {{RCX, 0}}},
    {"idiv overflow", FAULTS("\x48\xf7\xf9", DE), .in = {{RAX, NOT_CANONICAL}, {RDX, -1}, {RCX, -1}}},
    {"shl rax, cl", STEPS("\x48\xd3\xe0"), .in = {{RAX, NOT_CANONICAL + 1}, {RCX, 1}}, .out = {{RAX, 2}},
     SETS(STATUS & ~AF, CF | OF)},
    {"rol al, 4", STEPS("\xc0\xc0\x04"), .in = {{RAX, 0x12}}, .out = {{RAX, 0x21}}},
    {"bswap rax", STEPS("\x48\x0f\xc8"), .in = {{RAX, 0x0102030405060708}}, .out = {{RAX, 0x0807060504030201}}},
    {"movzx eax, cl", STEPS("\x0f\xb6\xc1"), .in = {{RCX, 0x1ff}}, .out = {{RAX, 0xff}}},
    {"movsx rax, cl", STEPS("\x48\x0f\xbe\xc1"), .in = {{RCX, 0x80}}, .out = {{RAX, -128}}},
    {"cmovz eax, ecx not taken clears the high half", STEPS("\x0f\x44\xc1"), .in = {{RAX, -1}},
     .out = {{RAX, 0xffffffff}}},
    {"setc al", STEPS("\x0f\x92\xc0"), .in = {{RAX, 0}}, .rflags_in = CF, .out = {{RAX, 1}}},
    {"lea rax, [rbx+rcx*4+16]", STEPS("\x48\x8d\x44\x8b\x10"), .in = {{RBX, 0x1000}, {RCX, 3}}, .out = {{RAX, 0x101c}}},
    {"std", STEPS("\xfd"), SETS(DF | STATUS, DF)},

    // Stack and branches.
    {"push rax", STEPS("\x50"), .in = {{RAX, 77}}, .stores = true, .after = {[3] = 77}, .out = {{RSP, STACK - 8}}},
    {"pop rcx", STEPS("\x59"), .before = {[4] = 78}, .out = {{RCX, 78}, {RSP, STACK + 8}}},
    {"pushfq shows TF and IF, not RF", STEPS("\x9c"), .rflags_in = ZF | FLAG_RF, .stores = true,
     .after = {[3] = ZF | 0x302}, .out = {{RSP, STACK - 8}}},
    {"popfq sets ID, AC, NT", STEPS("\x9d"), .before = {[4] = 0x244dd5}, .out = {{RSP, STACK + 8}},
     SETS(0xffffffff, 0x244fd7)},
    {"popfq clears what the case before set", STEPS("\x9d"), .rflags_in = FLAG_ID | FLAG_NT, .before = {[4] = 0x100},
     .out = {{RSP, STACK + 8}}, SETS(0xffffffff, 0x302)},
    {"popfq clearing TF still traps", STEPS("\x9d"), .before = {[4] = 0}, .out = {{RSP, STACK + 8}},
     SETS(0xffffffff, 0x202)},
    {"call rel32", STEPS("\xe8\x00\x10\x00\x00"), .stores = true, .after = {[3] = START + 5},
     .out = {{RSP, STACK - 8}}, .rip = START + 5 + 0x1000},
    {"ret to an unmapped page", STEPS("\xc3"), .before = {[4] = 0x123456789abc}, .out = {{RSP, STACK + 8}},
     .rip = 0x123456789abc},
    {"jz taken", CODE("\x74\x10"), .trap = DB, .rflags_in = ZF, .advance = 0x12, SETS(STATUS, ZF)},
    {"loop to itself is one step", CODE("\xe2\xfe"), .trap = DB, .in = {{RCX, 2}}, .out = {{RCX, 1}}},
    {"iretq to ring 3", STEPS("\x48\xcf"), .in = {{RSP, WINDOW}}, .rip = 0x12345678,
     .before = {0x12345678, USER_CS, 0x302 | ZF, 0xabcdef, USER_SS}, .out = {{RSP, 0xabcdef}}, SETS(STATUS, ZF)},

    // Memory and faults.
    {"mov rax, [rbx]", STEPS("\x48\x8b\x03"), .in = {{RBX, WINDOW}}, .before = {99}, .out = {{RAX, 99}}},
    {"load from the page before the data", FAULTS("\x48\x8b\x03", PAGE_FAULT), .error = 4,
     .in = {{RBX, DATA_BASE - 8}}, .cr2 = DATA_BASE - 8},
    {"store across the end of the data changes nothing", FAULTS("\x48\x89\x03", PAGE_FAULT), .error = 6,
     .in = {{RBX, DATA_BASE + 0x1ffc}}, .cr2 = DATA_BASE + 0x2000},
    {"store to the read-only page", FAULTS("\x88\x03", PAGE_FAULT), .in = {{RBX, READ_ONLY_BASE}}, .error = 7,
     .cr2 = READ_ONLY_BASE},
    {"store to the code page", FAULTS("\x88\x03", PAGE_FAULT), .in = {{RBX, START}}, .error = 7, .cr2 = START},
    {"non-canonical load", FAULTS("\x48\x8b\x03", GP), .in = {{RBX, NOT_CANONICAL}}},
    {"non-canonical load through RBP", FAULTS("\x48\x8b\x45\x00", SS), .in = {{RBP, NOT_CANONICAL}}},
    {"unaligned load with AC", FAULTS("\x8b\x43\x01", AC), .in = {{RBX, WINDOW}}, .rflags_in = FLAG_AC},
    {"store outside the window is reported", STEPS("\x48\x89\x03"), .in = {{RBX, DATA_BASE + 0xffc}, {RAX, 0}},
     .changed_first = DATA_BASE + 0xffc, .changed_last = DATA_BASE + 0x1003},
    {"lock cmpxchg [rbx], rcx", STEPS("\xf0\x48\x0f\xb1\x0b"), .in = {{RBX, WINDOW}, {RAX, 5}, {RCX, 6}},
     .before = {5}, .stores = true, .after = {6}, SETS(STATUS, ZF | PF)},
    {"ud2", FAULTS("\x0f\x0b", UD)},
    {"int3", CODE("\xcc"), .trap = BP, .advance = 1},
    {"hlt", FAULTS("\xf4", GP)},
    {"int 0x20 is privileged", FAULTS("\xcd\x20", GP), .error = 0x20 * 8 + 2},

    // Fetch.
    {"fetch across an absent page", FAULTS("\x48\xb8\1\2\3\4\5\6\7\x08", PAGE_FAULT), .offset = 0xffc, .error = 0x14,
     .cr2 = CODE_BASE + 0x1000},
    {"fetch across a present page", STEPS("\x48\xb8\1\2\3\4\5\6\7\x08"), .offset = 0xffc, .flags = SECOND_CODE_PAGE,
     .out = {{RAX, 0x0807060504030201}}},
    {"last byte before an absent page", STEPS("\x90"), .offset = 0xfff},
    {"sixteen bytes are too long", FAULTS("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", GP)},

    // Segments.
    {"store through FS", STEPS("\x64\x48\x89\x04\x25\x10\0\0\0"), .in = {{RAX, 0}}, .fs_base = FS_BASE,
     .changed_first = FS_BASE + 0x10, .changed_last = FS_BASE + 0x17},
    {"load through GS", STEPS("\x65\x48\x8b\x04\x25\x08\0\0\0"), .gs_base = WINDOW, .before = {1, 2},
     .out = {{RAX, 2}}},
    {"wrfsbase rax", STEPS("\xf3\x48\x0f\xae\xd0"), .in = {{RAX, 0x7654321}}, .fs_base_out = 0x7654321},
    {"mov fs, eax", STEPS("\x8e\xe0"), .in = {{RAX, USER_SS}}, .fs = USER_SS},
    {"mov fs, eax outside the GDT", FAULTS("\x8e\xe0", GP), .in = {{RAX, 0xfff3}}, .error = 0xfff0},

    // Strings.
    {"rep movsb is one iteration", CODE("\xf3\xa4"), .trap = DB, .in = {{RCX, 3}, {RSI, WINDOW}, {RDI, WINDOW + 8}},
     .before = {0x0807060504030201}, .stores = true, .after = {0x0807060504030201, 1},
     .out = {{RCX, 2}, {RSI, WINDOW + 1}, {RDI, WINDOW + 9}}},
    {"rep movsb to its end, downwards", STEPS("\xf3\xa4"), .flags = RUN_TO_END, .max_traps = 10, .traps = 3,
     .in = {{RCX, 3}, {RSI, WINDOW + 2}, {RDI, WINDOW + 10}}, .rflags_in = DF, .before = {0x030201},
     .stores = true, .after = {0x030201, 0x030201}, .out = {{RCX, 0}, {RSI, WINDOW - 1}, {RDI, WINDOW + 7}}},
    {"rep stosb to its limit", CODE("\xf3\xaa"), .trap = DB, .flags = RUN_TO_END, .max_traps = 2, .traps = 2,
     .status = STATUS_LIMIT, .in = {{RCX, 5}, {RAX, 0x11}, {RDI, WINDOW}}, .stores = true, .after = {0x1111},
     .out = {{RCX, 3}, {RDI, WINDOW + 2}}},
    {"rep stosb into the guard page", FAULTS("\xf3\xaa", PAGE_FAULT), .flags = RUN_TO_END, .max_traps = 5, .traps = 1,
     .in = {{RCX, 2}, {RAX, 0}, {RDI, DATA_BASE + 0x1fff}}, .error = 6, .cr2 = DATA_BASE + 0x2000,
     .changed_first = DATA_BASE + 0x1fff, .changed_last = DATA_BASE + 0x1fff,
     .out = {{RCX, 1}, {RDI, DATA_BASE + 0x2000}}},

    // Without the trap flag: RIP is behind the CC that ended it.
    {"pushfq without TF", CODE("\x9c"), .flags = WITHOUT_TF, .trap = BP, .advance = 2, .stores = true,
     .after = {[3] = 0x202}, .out = {{RSP, STACK - 8}}, SETS(FLAG_TF, 0)},
    {"rep stosb in one go", CODE("\xf3\xaa"), .flags = WITHOUT_TF, .trap = BP, .advance = 3, .stores = true,
     .in = {{RCX, 12}, {RAX, 0x11}, {RDI, WINDOW}}, .after = {0x1111111111111111, 0x11111111},
     .out = {{RCX, 0}, {RDI, WINDOW + 12}}},
    {"jmp without TF ends at its target", CODE("\xeb\x20"), .flags = WITHOUT_TF, .trap = BP, .advance = 0x23},
    {"fault without TF", FAULTS("\x48\x8b\x03", GP), .flags = WITHOUT_TF, .in = {{RBX, NOT_CANONICAL}}},
    {"system call behind another instruction kills the child", CODE("\x90\x0f\x05"), .flags = WITHOUT_TF,
     .status = STATUS_CRASHED, .crash = SIGSYS},

    // What the server does not run, and what it survives.
    {"syscall is refused", REFUSED("\x0f\x05")},
    {"syscall with prefixes is refused", REFUSED("\x66\xf3\x48\x0f\x05")},
    {"sysenter is refused", REFUSED("\x0f\x34")},
    {"int 0x80 is refused", REFUSED("\x2e\xcd\x80")},
    {"mov ss is refused", REFUSED("\x8e\xd0")},
    {"vmcall is refused", REFUSED("\x0f\x01\xc1")},
    {"no code is a bad request", .code = "", .status = STATUS_BAD_REQUEST},
    {"non-canonical FS base is a bad request", CODE("\x90"), .fs_base = NOT_CANONICAL, .status = STATUS_BAD_REQUEST},
    {"code beyond its area is a bad request", CODE("\x90\x90"), .offset = 0x1fff, .status = STATUS_BAD_REQUEST},
    {"an endless loop is killed", CODE("\xeb\xfe"), .flags = RUN_TO_END, .max_traps = -1, .status = STATUS_CRASHED,
     .crash = SIGKILL},
    {"the next case runs", STEPS("\x90")},
};

enum { TEST_CASES = sizeof test_cases / sizeof test_cases[0] };
_Static_assert(sizeof test_cases / sizeof test_cases[0] <= (size_t) BATCH_CASES, "the table is run as one batch");

static void fill_registers(uint64_t *gpr, const struct register_value *values, int count)
{
    for (int i = 0; i < count && values[i].reg != NONE; i++) {
        gpr[values[i].reg - RAX] = values[i].value;
    }
}

static void build_request(const struct test_case *test, uint64_t id, struct request *request)
{
    memset(request, 0, sizeof *request);
    request->kind = KIND_EXECUTE;
    request->flags = test->flags;
    request->id = id;
    request->code_length = test->length;
    request->code_offset = test->offset != 0 ? test->offset : START - CODE_BASE;
    request->max_traps = test->max_traps;
    for (uint64_t i = 0; i < 16; i++) {
        request->gpr[i] = (i + 1) * 0x1111111111111111;
    }
    request->gpr[RSP - RAX] = STACK;
    fill_registers(request->gpr, test->in, 5);
    request->rflags = test->rflags_in;
    request->fs_base = test->fs_base;
    request->gs_base = test->gs_base;
    request->window_address = WINDOW;
    request->window_length = sizeof test->before;
    memcpy(request->code, test->code, test->length);
    memcpy(request->window, test->before, sizeof test->before);
}

static uint32_t signal_of(uint32_t trap)
{
    switch (trap) {
    case DE: return SIGFPE;
    case DB: case BP: return SIGTRAP;
    case UD: return SIGILL;
    case SS: case AC: return SIGBUS;
    default: return SIGSEGV;
    }
}

// Rows that store outside the window store zeros only.
static uint64_t hash_of_zeros(const struct test_case *test)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (uint32_t at = test->changed_first; at <= test->changed_last; at++) {
        hash *= 0x100000001b3;
    }
    return test->changed_first != 0 ? hash : 0;
}

static void expect_run(const struct test_case *test, const struct request *request, struct response *expected)
{
    expected->signal = signal_of(test->trap);
    expected->trapno = test->trap;
    memcpy(expected->gpr, request->gpr, sizeof expected->gpr);
    fill_registers(expected->gpr, test->out, 5);
    expected->rflags = test->rflags_out;
    expected->fs_base = test->fs_base_out != 0 ? test->fs_base_out : test->fs_base;
    expected->gs_base = test->gs_base;
    expected->rip = test->rip != 0 ? test->rip : CODE_BASE + request->code_offset + test->advance;
    expected->error_code = test->error;
    expected->cr2 = test->cr2;
    expected->fs = test->fs;
    expected->cs = USER_CS;
    expected->ss = USER_SS;
    expected->traps = test->traps != 0 ? test->traps : test->trap == DB;
    expected->changed_first = test->changed_first;
    expected->changed_last = test->changed_last;
    expected->changed_hash = hash_of_zeros(test);
    memcpy(expected->window, test->stores ? test->after : test->before, sizeof test->after);
}

static bool is_as_expected(const struct test_case *test, const struct request *request, const struct response *actual)
{
    struct response expected = {.status = test->status, .id = request->id};
    if (test->status == STATUS_RAN || test->status == STATUS_LIMIT) {
        expect_run(test, request, &expected);
    } else if (test->status == STATUS_CRASHED) {
        expected.signal = test->crash;
    }
    struct response masked = *actual;
    masked.rflags &= test->rflags_mask;
    masked.si_code = 0;  // Linux's, not the CPU's
    bool equal = memcmp(&masked, &expected, sizeof masked) == 0;
    const uint64_t *is = (const uint64_t *) &masked;
    const uint64_t *wanted = (const uint64_t *) &expected;
    for (unsigned i = 0; !equal && i < sizeof masked / 8; i++) {
        if (is[i] != wanted[i]) {
            printf("FAILED %s: offset %u is 0x%llx, expected 0x%llx\n", test->name, i * 8, (unsigned long long) is[i],
                   (unsigned long long) wanted[i]);
        }
    }
    return equal;
}

static void print_processor(void)
{
    uint32_t brand[13] = {0};
    uint32_t vendor[4] = {0};
    uint32_t largest, signature, a, b, c;
    __cpuid(0, largest, vendor[0], vendor[2], vendor[1]);
    __cpuid(1, signature, a, b, c);
    for (uint32_t leaf = 0; leaf < 3; leaf++) {
        uint32_t *part = brand + leaf * 4;
        __cpuid(0x80000002 + leaf, part[0], part[1], part[2], part[3]);
    }
    printf("processor: %s, %s, signature 0x%x, bases by %s\n", (char *) vendor, (char *) brand, signature,
           has_fsgsbase ? "wrfsbase" : "arch_prctl");
}

static int self_test(void)
{
    print_processor();
    for (uint32_t i = 0; i < TEST_CASES; i++) {
        build_request(&test_cases[i], i + 1, &batch->request[i]);
    }
    run_batch(TEST_CASES);
    int passed = 0;
    for (uint32_t i = 0; i < TEST_CASES; i++) {
        passed += is_as_expected(&test_cases[i], &batch->request[i], &batch->response[i]);
    }
    printf("%d passed, %d failed\n", passed, TEST_CASES - passed);
    return passed == TEST_CASES ? 0 : 1;
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

// Runs the rows of the table that are one step each over and over.
static void measure(unsigned long cases, uint32_t flags)
{
    uint32_t filled = 0;
    for (uint32_t row = 0; filled < BATCH_CASES; row = (row + 1) % TEST_CASES) {
        if (test_cases[row].status == STATUS_RAN && test_cases[row].flags == 0) {
            build_request(&test_cases[row], filled, &batch->request[filled]);
            batch->request[filled].flags = flags;
            filled++;
        }
    }
    double start = now_seconds();
    for (unsigned long left = cases; left > 0;) {
        uint32_t count = left < BATCH_CASES ? (uint32_t) left : BATCH_CASES;
        run_batch(count);
        left -= count;
    }
    double seconds = now_seconds() - start;
    printf("%s: %lu cases in %.3f s, %.0f cases/s\n", flags == WITHOUT_TF ? "without TF" : "stepped", cases, seconds,
           (double) cases / seconds);
}

static int throughput(unsigned long cases)
{
    print_processor();
    measure(cases, 0);
    measure(cases, WITHOUT_TF);
    return 0;
}

#endif
