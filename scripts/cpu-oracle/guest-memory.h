// SPDX-License-Identifier: MIT
//
// The memory an instruction under test can see. Each part is mapped twice: where the guest expects it, and at an alias
// the harness writes through, so that the guest's code page can be read-only and one memcmp covers all watched pages.

#ifndef CPU_ORACLE_GUEST_MEMORY_H
#define CPU_ORACLE_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol.h"

enum { EXIT_INTERNAL = 70 };
enum { CODE_AREA = 2 * PAGE_BYTES, WATCHED_PAGES = 4, WATCHED_BYTES = WATCHED_PAGES * PAGE_BYTES };

// Guest address of each watched page, ascending; the alias holds them back to back.
static const uint32_t watched_page[WATCHED_PAGES] = {DATA_BASE, DATA_BASE + PAGE_BYTES, FS_BASE, GS_BASE};

static uint8_t *code_alias;
static uint8_t *watched;                  // alias of the watched pages
static uint8_t pristine[WATCHED_BYTES];   // what they hold before and after every case, the window aside
static bool second_code_page_present;

static void die(const char *what)
{
    perror(what);
    _exit(EXIT_INTERNAL);
}

static int memory_file(const char *name, size_t bytes)
{
    int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t) bytes) != 0) {
        die(name);
    }
    return file;
}

static uint8_t *map_alias(int file, size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    if (at == MAP_FAILED) {
        die("mapping guest memory");
    }
    return at;
}

static void map_at(uint32_t address, size_t bytes, int protection, int file, off_t offset)
{
    void *wanted = (void *) (uintptr_t) address;
    int how = MAP_SHARED | MAP_POPULATE | MAP_FIXED_NOREPLACE;
    if (mmap(wanted, bytes, protection, how, file, offset) != wanted) {
        die("mapping guest memory at its fixed address");
    }
}

static void map_read_only_page(void)
{
    int file = memory_file("read-only", PAGE_BYTES);
    uint8_t *alias = map_alias(file, PAGE_BYTES);
    for (uint32_t i = 0; i < PAGE_BYTES; i++) {
        alias[i] = initial_byte(READ_ONLY_BASE + i);
    }
    munmap(alias, PAGE_BYTES);
    map_at(READ_ONLY_BASE, PAGE_BYTES, PROT_READ, file, 0);
    close(file);
}

static void map_guest_memory(void)
{
    int code = memory_file("code", CODE_AREA);
    code_alias = map_alias(code, CODE_AREA);
    memset(code_alias, 0xcc, CODE_AREA);
    map_at(CODE_BASE, CODE_AREA, PROT_READ | PROT_EXEC, code, 0);
    second_code_page_present = true;
    close(code);
    int data = memory_file("watched", WATCHED_BYTES);
    watched = map_alias(data, WATCHED_BYTES);
    for (uint32_t i = 0; i < WATCHED_BYTES; i++) {
        pristine[i] = initial_byte(watched_page[i / PAGE_BYTES] + i % PAGE_BYTES);
    }
    memcpy(watched, pristine, WATCHED_BYTES);
    for (int page = 0; page < WATCHED_PAGES; page++) {
        map_at(watched_page[page], PAGE_BYTES, PROT_READ | PROT_WRITE, data, page * PAGE_BYTES);
    }
    close(data);
    map_read_only_page();
}

// Offset of a guest range in the watched pages, or -1 if it is not wholly inside the data pages, the FS or the GS page.
static int watched_offset(uint32_t address, uint32_t length)
{
    for (int page = 0; page < WATCHED_PAGES; page++) {
        uint32_t in_page = address - watched_page[page];
        uint32_t room = page == 0 ? 2 * PAGE_BYTES : PAGE_BYTES;
        if (in_page < PAGE_BYTES && length <= room - in_page) {
            return (int) (page * PAGE_BYTES + in_page);
        }
    }
    return -1;
}

static uint32_t watched_address(uint32_t offset)
{
    return watched_page[offset / PAGE_BYTES] + offset % PAGE_BYTES;
}

// PROT_NONE makes the page not present to the CPU, so the page fault has P=0 as for an unmapped page.
static void place_code(const struct request *request)
{
    bool wants_second = (request->flags & SECOND_CODE_PAGE) != 0;
    if (wants_second != second_code_page_present) {
        void *second = (void *) (uintptr_t) (CODE_BASE + PAGE_BYTES);
        if (mprotect(second, PAGE_BYTES, wants_second ? PROT_READ | PROT_EXEC : PROT_NONE) != 0) {
            die("mprotect of the second code page");
        }
        second_code_page_present = wants_second;
    }
    memcpy(code_alias + request->code_offset, request->code, request->code_length);
}

static void remove_code(const struct request *request)
{
    memset(code_alias + request->code_offset, 0xcc, request->code_length);
}

static void place_window(const struct request *request)
{
    memcpy(watched + watched_offset(request->window_address, request->window_length), request->window,
           request->window_length);
}

static void describe_changes(struct response *response)
{
    uint32_t first = 0;
    uint32_t last = WATCHED_BYTES - 1;
    while (watched[first] == pristine[first]) {
        first++;
    }
    while (watched[last] == pristine[last]) {
        last--;
    }
    uint64_t hash = 0xcbf29ce484222325;
    for (uint32_t i = first; i <= last; i++) {
        hash = (hash ^ watched[i]) * 0x100000001b3;
    }
    response->changed_first = watched_address(first);
    response->changed_last = watched_address(last);
    response->changed_hash = hash;
}

// Moves the window and any other change into the response and puts the pages back as they were.
static void collect_memory(const struct request *request, struct response *response)
{
    int offset = watched_offset(request->window_address, request->window_length);
    memcpy(response->window, watched + offset, request->window_length);
    memcpy(watched + offset, pristine + offset, request->window_length);
    if (memcmp(watched, pristine, WATCHED_BYTES) != 0) {
        describe_changes(response);
        memcpy(watched, pristine, WATCHED_BYTES);
    }
}

#endif
