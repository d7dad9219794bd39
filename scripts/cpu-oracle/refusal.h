// SPDX-License-Identifier: MIT
//
// Which instructions are never executed. The scan looks at prefixes, opcode and ModRM only. It skips legacy and REX
// prefixes in any order and number, which is more than the CPU accepts, so it errs towards refusing.

#ifndef CPU_ORACLE_REFUSAL_H
#define CPU_ORACLE_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "protocol.h"

static bool is_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:  // segments
    case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
        return true;
    default:
        return (byte & 0xf0) == 0x40;
    }
}

// 0F 01 is a crowd: hypercalls, enclaves, MWAITX, WRPKRU. Only forms known to be harmless pass.
static bool refused_group7(uint8_t modrm)
{
    int reg = modrm >> 3 & 7;
    if (modrm < 0xc0) {
        return reg == 0 || reg == 1 || reg == 4;  // SGDT SIDT SMSW: Linux emulates them under UMIP and steps too far
    }
    switch (modrm) {
    case 0xd0:  // XGETBV
    case 0xd1:  // XSETBV, #GP
    case 0xd6:  // XTEST
    case 0xee:  // RDPKRU
    case 0xf8:  // SWAPGS, #GP
    case 0xf9:  // RDTSCP
        return false;
    default:
        return reg != 6;  // LMSW, #GP
    }
}

static bool refused_two_byte(const uint8_t *opcode, bool has_prefix)
{
    uint8_t modrm = opcode[1];
    int reg = modrm >> 3 & 7;
    switch (opcode[0]) {
    case 0x05:  // SYSCALL
    case 0x34:  // SYSENTER
    case 0xb2:  // LSS: holds the trap off for one more instruction
        return true;
    case 0x00:
        return reg == 0 || reg == 1;  // SLDT STR: what happens is UMIP's choice, not the instruction's
    case 0x01:
        return refused_group7(modrm);
    case 0xae:
        return has_prefix && modrm >= 0xc0 && reg == 6;  // UMONITOR UMWAIT TPAUSE wait for time to pass
    default:
        return false;
    }
}

// Bytes after the given ones are CC, as they are in the code area.
static bool is_refused(const uint8_t *code, unsigned length)
{
    uint8_t padded[CODE_BYTES + 3];
    memset(padded, 0xcc, sizeof padded);
    memcpy(padded, code, length);
    unsigned at = 0;
    while (at < CODE_BYTES && is_prefix(padded[at])) {
        at++;
    }
    uint8_t next = padded[at + 1];
    switch (padded[at]) {
    case 0x0f:
        return refused_two_byte(padded + at + 1, at > 0);
    case 0xcd:
        return next == 0x80;  // the 32-bit system call gate
    case 0x8e:
        return (next >> 3 & 7) == 2;  // MOV SS: holds the trap off for one more instruction
    case 0xc7:
        return next == 0xf8;  // XBEGIN: a trap inside a transaction aborts it
    default:
        return false;
    }
}

#endif
