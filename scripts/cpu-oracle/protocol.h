// SPDX-License-Identifier: MIT
//
// Records of the CPU oracle, little-endian, 512 bytes each way; README.md has the same table with the reasoning.
//
// The server answers every EXECUTE record with one response, in order. It collects up to BATCH_CASES requests before it
// runs them; a FLUSH record (which has no answer) or the end of input runs what has been collected.

#ifndef CPU_ORACLE_PROTOCOL_H
#define CPU_ORACLE_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

enum { RECORD_BYTES = 512, BATCH_CASES = 1024, PAGE_BYTES = 4096, WINDOW_BYTES = 256, CODE_BYTES = 16 };

// Where the guest's memory is. Everything else near these addresses is unmapped.
enum {
    CODE_BASE = 0x10000000,       // 2 pages, read + execute, filled with CC; the second page is there on request only
    DATA_BASE = 0x20000000,       // 2 pages, read + write
    READ_ONLY_BASE = 0x20003000,  // 1 page, read only
    FS_BASE = 0x21000000,         // 1 page, read + write
    GS_BASE = 0x22000000,         // 1 page, read + write
};

enum request_kind { KIND_EXECUTE = 1, KIND_FLUSH = 2 };

enum request_flag {
    SECOND_CODE_PAGE = 1 << 0,  // 0x10001000 is mapped; without it, fetching from there is a page fault
    RUN_TO_END = 1 << 1,        // step on while RIP stays at the instruction (REP), at most max_traps times
    WITHOUT_TF = 1 << 2,        // do not step: run into the CC that fills the code area; not with RUN_TO_END
};

struct request {
    uint32_t kind;            //   0  request_kind
    uint32_t flags;           //   4  request_flag bits
    uint64_t id;              //   8  echoed
    uint16_t code_length;     //  16  1..16
    uint16_t code_offset;     //  18  of the first byte from CODE_BASE, 0..8191; RIP starts here
    uint32_t max_traps;       //  20  with RUN_TO_END: 1 or more
    uint64_t gpr[16];         //  24  in encoding order: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15
    uint64_t rflags;          // 152  CF PF AF ZF SF DF OF NT RF AC ID are taken; IF is always set, TF unless WITHOUT_TF
    uint64_t fs_base;         // 160  canonical
    uint64_t gs_base;         // 168  canonical
    uint32_t window_address;  // 176  inside the data pages, the FS page or the GS page
    uint32_t window_length;   // 180  0..256
    uint8_t code[CODE_BYTES];  // 184
    uint8_t reserved[56];     // 200  zero
    uint8_t window[WINDOW_BYTES];  // 256  initial contents
};

enum status {
    STATUS_RAN = 0,          // the signal fields say how it ended
    STATUS_REFUSED = 1,      // never executed: see refusal.h
    STATUS_BAD_REQUEST = 2,  // a field is out of range
    STATUS_CRASHED = 3,      // the executing process died or hung; signal is what ended it
    STATUS_LIMIT = 4,        // RUN_TO_END used up max_traps; the state is that after the last trap
};

struct response {
    uint32_t status;         //   0
    uint32_t signal;         //   4  5 SIGTRAP, 11 SIGSEGV, ...
    uint64_t id;             //   8
    uint32_t trapno;         //  16  vector: 1 after an ordinary instruction
    int32_t si_code;         //  20
    uint64_t gpr[16];        //  24
    uint64_t rflags;         // 152  the image the exception pushed, so with TF if stepping, RF if a fault
    uint64_t fs_base;        // 160
    uint64_t gs_base;        // 168
    uint64_t rip;            // 176
    uint64_t error_code;     // 184
    uint64_t cr2;            // 192  0 unless trapno is 14
    uint16_t ds, es, fs, gs, cs, ss;  // 200
    uint32_t traps;          // 212  how many single-step traps were taken
    uint32_t changed_first;  // 216  lowest and highest changed byte outside the window, 0 if none
    uint32_t changed_last;   // 220
    uint64_t changed_hash;   // 224  FNV-1a 64 of all watched bytes from changed_first to changed_last
    uint8_t reserved[24];    // 232
    uint8_t window[WINDOW_BYTES];  // 256  final contents
};

_Static_assert(sizeof(struct request) == RECORD_BYTES, "request layout");
_Static_assert(sizeof(struct response) == RECORD_BYTES, "response layout");
_Static_assert(offsetof(struct request, rflags) == 152 && offsetof(struct request, window) == 256, "request layout");
_Static_assert(offsetof(struct response, rip) == 176 && offsetof(struct response, window) == 256, "response layout");

// What a watched or read-only byte holds when the request does not say otherwise.
static inline uint8_t initial_byte(uint32_t address)
{
    return (uint8_t) (address * 37 + (address >> 8) * 101 + (address >> 24));
}

#endif
