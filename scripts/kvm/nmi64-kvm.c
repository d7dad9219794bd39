// SPDX-License-Identifier: MIT
//
// nmi64-kvm: runs a fixture's ELF image under Linux KVM, on the contract of nmi64's machine, and writes the same trace.
// Build: gcc -O2 -o nmi64-kvm nmi64-kvm.c        Run: nmi64-kvm ELF [--inject nmi@WHEN]... [--trace]
//
// It is the oracle of nmi64: whatever runs guest code below /dev/kvm, it is not nmi64. How far its answers are those
// of silicon depends on the KVM backend, which the result names. kvm_amd and kvm_intel run the guest on the processor.
// kvm_pvm, for machines without hardware virtualisation, runs kernel mode in software: then NMI delivery, faults and
// IRETQ are a third implementation's opinion, no more. See also "What kvm_pvm cannot do" and experiments/.
//
// How an instruction is stepped
// -----------------------------
// KVM_GUESTDBG_SINGLESTEP sets RFLAGS.TF behind the guest's back. TF stops after an instruction that retires in line;
// an event (NMI, fault, INT n, SYSCALL with FMASK.TF) clears TF, so its handler would run unseen to its IRET. Therefore
// each step also plants a HLT (one byte, exits to us, cannot be confused with a guest's INT3) on every handler it could
// enter, and takes them away afterwards: the guest could find one in its memory only with the very instruction that is
// being stepped. What TF leaks into (interrupt frames, PUSHF images, R11) is repaired after the step.
//
// Known limits: a handler that faults in its first instruction into itself is entered unseen. Where MOV SS suppresses
// the trap, the next instruction is reported as an event "unseen". KVM on AMD tracks NMI blocking in software (it
// intercepts IRET), so what unblocks NMIs is KVM's answer there too. Breakpoints in DR0-DR3 are not followed.

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

typedef uint64_t u64;
typedef uint8_t u8;

enum exit_code { EXIT_DONE = 0, EXIT_BAD_INPUT = 2, EXIT_NO_KVM = 3, EXIT_GUEST_DIED = 4, EXIT_LIMIT = 5 };

// Guest-physical layout. The low 64 MiB are mapped one to one; frames above them back the high segments.
#define PAGE 0x1000ull
#define LOW_RAM (64ull << 20)
#define RAM (192ull << 20)
#define STACK_TOP (LOW_RAM - (2ull << 20))
#define STACK_SIZE (64ull << 10)
#define GDT_BASE STACK_TOP
#define TABLES_BASE (LOW_RAM - (1ull << 20))

// Page-sized areas above the GDT that only kvm_pvm needs; see "What kvm_pvm cannot do".
#define SCRATCH_IDT (GDT_BASE + PAGE)
#define SCRATCH_HANDLER (SCRATCH_IDT + PAGE)
#define SCRATCH_STACK_TOP (SCRATCH_HANDLER + 2 * PAGE)
#define SCRATCH_IST 7

#define PTE_PRESENT 1ull
#define PTE_WRITABLE 2ull
#define PTE_USER 4ull
#define PTE_LARGE 0x80ull
#define PTE_FRAME 0x000ffffffffff000ull

#define CR0_AT_RESET 0x80010033ull // PG WP NE ET MP PE
#define CR4_PAE (1ull << 5)
#define EFER_AT_RESET 0xd01ull // NXE LMA LME SCE
#define RFLAGS_TF (1ull << 8)
#define RFLAGS_IF (1ull << 9)
#define RFLAGS_ZF (1ull << 6)
#define RFLAGS_RF (1ull << 16)
#define RFLAGS_RESERVED_ONE 2ull
#define DR6_BS (1ull << 14)

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define GDT_CODE64 0x00af9b000000ffffull // accessed already, so that delivery does not write the GDT
#define GDT_DATA 0x00cf93000000ffffull

#define PORT_EXIT 0xf4
#define PORT_CONSOLE 0xe9
#define PORT_SERIAL 0x3f8
#define PORT_SERIAL_LSR (PORT_SERIAL + 5)
#define PORT_SERIAL_END (PORT_SERIAL + 8)
#define LSR_TRANSMITTER_READY 0x60

#define MAX_INSTRUCTION 15
#define MAX_INJECTIONS 64
#define MAX_PLANTED 258
#define OPCODE_HLT 0xf4
#define OPCODE_INT3 0xcc
#define OPCODE_INT 0xcd
#define OPCODE_INT1 0xf1
#define VECTOR_NMI 2
#define VECTOR_DB 1
#define VECTOR_UD 6
#define VECTOR_NP 11
#define VECTOR_GP 13
#define VECTOR_BP 3
#define IDT_GATES 256
#define GATE_SIZE 16
#define IDT_SIZE (IDT_GATES * GATE_SIZE)
#define FRAME_RFLAGS 16 // offset of RFLAGS in an interrupt frame of 64-bit slots
#define FRAME_RSP 24
#define FRAME_QWORDS 5 // RIP, CS, RFLAGS, RSP, SS
#define TSS_IST1 36
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FMASK 0xc0000084u

_Noreturn static void die(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(code);
}

// ---------------------------------------------------------------------------------------------------------------------
// Text the guest writes

struct text {
    char *bytes;
    size_t length, capacity;
};

static void text_append(struct text *text, char c) {
    if (text->length == text->capacity) {
        text->capacity = text->capacity ? 2 * text->capacity : 256;
        text->bytes = realloc(text->bytes, text->capacity);
        if (!text->bytes) die(EXIT_BAD_INPUT, "out of memory for guest output");
    }
    text->bytes[text->length++] = c;
}

static void print_json_text(const struct text *text) {
    putchar('"');
    for (size_t i = 0; i < text->length; i++) {
        u8 c = (u8)text->bytes[i];
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c == '\n') printf("\\n");
        else if (c < 0x20 || c >= 0x7f) printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}

// ---------------------------------------------------------------------------------------------------------------------
// The machine

enum kind { ORDINARY, KIND_PUSHF, KIND_POPF, KIND_IRET, KIND_SYSCALL, KIND_SYSRET, KIND_MOV_SS, KIND_STRING, KIND_INT,
            KIND_HLT, KIND_SWAPGS };

enum when { AT_STEP, AT_ADDRESS, AFTER_KIND };

struct injection {
    enum when when;
    u64 value; // number of retired instructions, linear address, or enum kind
    u64 hit, seen;
    bool fired;
    char spelled[128];
};

enum outcome { RUNNING, OUTCOME_EXIT, OUTCOME_HALTED, OUTCOME_SHUTDOWN, OUTCOME_LIMIT, OUTCOME_ERROR };
static const char *const OUTCOMES[] = {"running", "exit", "halted", "shutdown", "limit", "error"};

// A page of the image, with what it held when the last line was printed.
struct watched {
    u64 address;
    u8 *page, *shown;
};

struct change {
    u64 address, value;
    u8 *shown;
};

struct planted {
    u64 address;
    u8 *byte, original;
};

struct machine {
    int vm, vcpu;
    struct kvm_run *run;
    u8 *ram;
    u64 next_table, next_frame;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    bool software; // the backend emulates kernel mode, see "What kvm_pvm cannot do"
    bool in_rep;   // between two iterations of a REP instruction whose trace line is out already
    bool guest_tf; // the TF the guest itself asked for; KVM hides it while it single-steps

    struct planted planted[MAX_PLANTED];
    int planted_count;

    struct injection injections[MAX_INJECTIONS];
    int injection_count;
    u64 asserted, merged, delivered;

    struct watched *watched;
    size_t watched_count;
    struct change *changes;
    size_t change_count, change_capacity;
    bool nmi_latched, nmi_blocked; // before the step, like the changes

    bool trace, stepping;
    u64 max_steps, retired;
    enum outcome outcome;
    uint32_t exit_value;
    char error[160];
    struct text console, serial;
};

static int vcpu_call(struct machine *m, unsigned long request, void *argument, const char *name) {
    int result = ioctl(m->vcpu, request, argument);
    if (result < 0) die(EXIT_BAD_INPUT, "%s failed: %s", name, strerror(errno));
    return result;
}

static void load_registers(struct machine *m) {
    vcpu_call(m, KVM_GET_REGS, &m->regs, "KVM_GET_REGS");
    vcpu_call(m, KVM_GET_SREGS, &m->sregs, "KVM_GET_SREGS");
}

static void store_registers(struct machine *m) { vcpu_call(m, KVM_SET_REGS, &m->regs, "KVM_SET_REGS"); }

static void store_system_registers(struct machine *m) { vcpu_call(m, KVM_SET_SREGS, &m->sregs, "KVM_SET_SREGS"); }

static u64 read_msr(struct machine *m, uint32_t index) {
    struct { struct kvm_msrs header; struct kvm_msr_entry entry; } msr = {{.nmsrs = 1}, {.index = index}};
    vcpu_call(m, KVM_GET_MSRS, &msr, "KVM_GET_MSRS");
    return msr.entry.data;
}

static void fail(struct machine *m, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(m->error, sizeof m->error, format, arguments);
    va_end(arguments);
    m->outcome = OUTCOME_ERROR;
}

// ---------------------------------------------------------------------------------------------------------------------
// Guest memory, seen through the guest's own page tables

static u64 *table_entry(struct machine *m, u64 table, u64 address, int level) {
    u64 index = (address >> (12 + 9 * (level - 1))) & 0x1ff;
    u64 at = (table & PTE_FRAME) + 8 * index;
    return at + 8 <= RAM ? (u64 *)(m->ram + at) : NULL;
}

// Host pointer of a guest linear address, NULL where the guest has nothing mapped. Walked here rather than with
// KVM_TRANSLATE because a step asks for every gate of the IDT.
static u8 *guest_byte(struct machine *m, u64 address) {
    u64 entry = m->sregs.cr3;
    for (int level = 4; level >= 1; level--) {
        u64 *slot = table_entry(m, entry, address, level);
        if (!slot || !(*slot & PTE_PRESENT)) return NULL;
        entry = *slot;
        bool leaf = level == 1 || ((level == 2 || level == 3) && (entry & PTE_LARGE));
        if (!leaf) continue;
        u64 offset_mask = (1ull << (12 + 9 * (level - 1))) - 1;
        u64 physical = (entry & PTE_FRAME & ~offset_mask) | (address & offset_mask);
        return physical < RAM ? m->ram + physical : NULL;
    }
    return NULL;
}

static size_t guest_read(struct machine *m, u64 address, void *into, size_t size) {
    size_t done = 0;
    while (done < size) {
        u8 *bytes = guest_byte(m, address + done);
        if (!bytes) break;
        size_t here = PAGE - ((address + done) & (PAGE - 1));
        if (here > size - done) here = size - done;
        memcpy((u8 *)into + done, bytes, here);
        done += here;
    }
    return done;
}

static bool guest_read64(struct machine *m, u64 address, u64 *value) {
    return guest_read(m, address, value, sizeof *value) == sizeof *value;
}

// Makes TF in the RFLAGS image at a guest linear address what the guest itself had.
static void restore_tf(struct machine *m, u64 image, bool guest_tf) {
    u8 *byte = guest_byte(m, image + 1);
    if (byte) *byte = (u8)((*byte & ~(RFLAGS_TF >> 8)) | (guest_tf ? RFLAGS_TF >> 8 : 0));
}

static u64 new_frame(struct machine *m) {
    u64 frame = m->next_frame;
    m->next_frame += PAGE;
    if (m->next_frame > RAM) die(EXIT_BAD_INPUT, "the image needs more than %llu MiB above the identity map",
                                 (unsigned long long)((RAM - LOW_RAM) >> 20));
    return frame;
}

static u64 new_table(struct machine *m) {
    u64 table = m->next_table;
    m->next_table += PAGE;
    if (m->next_table > LOW_RAM) die(EXIT_BAD_INPUT, "the image needs more page tables than fit below 64 MiB");
    return table;
}

// The level-1 entry of an address; intermediate tables are made on the way. They are user-accessible, so that the leaf
// alone decides.
static u64 *leaf_entry(struct machine *m, u64 address) {
    u64 table = TABLES_BASE;
    for (int level = 4; level > 1; level--) {
        u64 *entry = table_entry(m, table, address, level);
        if (!(*entry & PTE_PRESENT)) *entry = new_table(m) | PTE_PRESENT | PTE_WRITABLE | PTE_USER;
        table = *entry;
    }
    return table_entry(m, table, address, 1);
}

static void map_page(struct machine *m, u64 address) {
    u64 *leaf = leaf_entry(m, address);
    if (!(*leaf & PTE_PRESENT)) *leaf = new_frame(m) | PTE_PRESENT | PTE_WRITABLE;
}

static void map_identity(struct machine *m) {
    new_table(m); // the PML4 itself
    for (u64 page = 0; page < LOW_RAM; page += PAGE) *leaf_entry(m, page) = page | PTE_PRESENT | PTE_WRITABLE;
}

// ---------------------------------------------------------------------------------------------------------------------
// The ELF image

struct image {
    const u8 *bytes;
    size_t size;
    const Elf64_Ehdr *header;
    const Elf64_Sym *symbols;
    size_t symbol_count;
    const char *names;
    size_t names_size;
    const char *directives; // text of section .nmi64, not terminated
    size_t directives_size;
};

static const void *image_range(const struct image *image, u64 offset, u64 size, const char *what) {
    if (offset > image->size || size > image->size - offset) die(EXIT_BAD_INPUT, "ELF file is cut short: %s", what);
    return image->bytes + offset;
}

static const Elf64_Shdr *section_header(const struct image *image, unsigned index) {
    const Elf64_Ehdr *header = image->header;
    if (index >= header->e_shnum) die(EXIT_BAD_INPUT, "ELF file names section %u of %u", index, header->e_shnum);
    return image_range(image, header->e_shoff + (u64)index * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr), "section headers");
}

static void find_sections(struct image *image) {
    if (!image->header->e_shnum) return;
    const Elf64_Shdr *names = section_header(image, image->header->e_shstrndx);
    for (unsigned i = 0; i < image->header->e_shnum; i++) {
        const Elf64_Shdr *section = section_header(image, i);
        if (section->sh_type == SHT_NOBITS) continue;
        const void *content = image_range(image, section->sh_offset, section->sh_size, "section");
        if (section->sh_type == SHT_SYMTAB) {
            const Elf64_Shdr *strings = section_header(image, section->sh_link);
            image->symbols = content;
            image->symbol_count = section->sh_size / sizeof(Elf64_Sym);
            image->names = image_range(image, strings->sh_offset, strings->sh_size, "symbol names");
            image->names_size = strings->sh_size;
        }
        const char *name = image_range(image, names->sh_offset + section->sh_name, sizeof ".nmi64", "section name");
        if (!memcmp(name, ".nmi64", sizeof ".nmi64")) {
            image->directives = content;
            image->directives_size = section->sh_size;
        }
    }
}

static struct image open_image(const char *path) {
    struct image image = {0};
    struct stat status;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &status) < 0) die(EXIT_BAD_INPUT, "cannot read %s: %s", path, strerror(errno));
    image.size = (size_t)status.st_size;
    image.bytes = mmap(NULL, image.size ? image.size : 1, PROT_READ, MAP_PRIVATE, file, 0);
    if (image.bytes == MAP_FAILED) die(EXIT_BAD_INPUT, "cannot map %s: %s", path, strerror(errno));
    close(file);
    image.header = image_range(&image, 0, sizeof(Elf64_Ehdr), "header");
    const u8 *ident = image.header->e_ident;
    if (memcmp(ident, ELFMAG, SELFMAG) || ident[EI_CLASS] != ELFCLASS64 || image.header->e_machine != EM_X86_64)
        die(EXIT_BAD_INPUT, "%s is not an x86-64 ELF64 file", path);
    if (image.header->e_type != ET_EXEC)
        die(EXIT_BAD_INPUT, "%s is not ET_EXEC: link it without -r, -shared or -pie", path);
    find_sections(&image);
    return image;
}

static bool find_symbol(const struct image *image, const char *name, u64 *value) {
    for (size_t i = 0; i < image->symbol_count; i++) {
        const Elf64_Sym *symbol = &image->symbols[i];
        if (symbol->st_shndx == SHN_UNDEF || symbol->st_name >= image->names_size) continue;
        if (strcmp(image->names + symbol->st_name, name)) continue;
        *value = symbol->st_value;
        return true;
    }
    return false;
}

static void watch_page(struct machine *m, u64 address) {
    for (size_t i = 0; i < m->watched_count; i++)
        if (m->watched[i].address == address) return;
    m->watched = realloc(m->watched, (m->watched_count + 1) * sizeof *m->watched);
    u8 *shown = malloc(PAGE);
    if (!m->watched || !shown) die(EXIT_BAD_INPUT, "out of memory for the image");
    m->watched[m->watched_count++] = (struct watched){address, guest_byte(m, address), shown};
}

static int compare_watched(const void *one, const void *other) {
    u64 a = ((const struct watched *)one)->address, b = ((const struct watched *)other)->address;
    return a < b ? -1 : a > b;
}

// What the guest starts with is not a change.
static void begin_watching(struct machine *m) {
    qsort(m->watched, m->watched_count, sizeof *m->watched, compare_watched);
    for (size_t i = 0; i < m->watched_count; i++) memcpy(m->watched[i].shown, m->watched[i].page, PAGE);
}

static void load_segments(struct machine *m, const struct image *image) {
    for (unsigned i = 0; i < image->header->e_phnum; i++) {
        const Elf64_Phdr *segment = image_range(image, image->header->e_phoff + (u64)i * sizeof(Elf64_Phdr),
                                                sizeof(Elf64_Phdr), "program headers");
        if (segment->p_type != PT_LOAD || !segment->p_memsz) continue;
        const u8 *content = image_range(image, segment->p_offset, segment->p_filesz, "segment");
        u64 end = segment->p_vaddr + segment->p_memsz;
        if (segment->p_vaddr < LOW_RAM && end > GDT_BASE - STACK_SIZE)
            die(EXIT_BAD_INPUT, "segment at %#llx reaches into the machine's own tables below 64 MiB",
                (unsigned long long)segment->p_vaddr);
        for (u64 page = segment->p_vaddr & ~(PAGE - 1); page - segment->p_vaddr + PAGE < segment->p_memsz + PAGE;
             page += PAGE) {
            map_page(m, page);
            watch_page(m, page);
            if (page + PAGE == 0) break; // the last page of the address space
        }
        for (u64 offset = 0; offset < segment->p_filesz; offset++)
            *guest_byte(m, segment->p_vaddr + offset) = content[offset];
    }
}

// SYMBOL or SYMBOL+OFF or a plain number.
static u64 parse_address(const struct image *image, const char *text) {
    char name[96];
    u64 value = 0;
    const char *plus = strrchr(text, '+');
    size_t length = plus ? (size_t)(plus - text) : strlen(text);
    if (!length || length >= sizeof name) die(EXIT_BAD_INPUT, "bad address '%s': expected SYMBOL[+OFF]", text);
    memcpy(name, text, length);
    name[length] = 0;
    char *end = name;
    if (name[0] >= '0' && name[0] <= '9') value = strtoull(name, &end, 0);
    if (*end && !find_symbol(image, name, &value)) die(EXIT_BAD_INPUT, "no symbol '%s' in the image", name);
    if (plus) {
        value += strtoull(plus + 1, &end, 0);
        if (*end || end == plus + 1) die(EXIT_BAD_INPUT, "bad offset in '%s'", text);
    }
    return value;
}

static u64 parse_number(const char *text, const char *where) {
    char *end;
    u64 value = strtoull(text, &end, 0);
    if (*end || end == text) die(EXIT_BAD_INPUT, "bad number in '%s'", where);
    return value;
}

static enum kind kind_named(const char *mnemonic, const char *where) {
    static const struct { const char *name; enum kind kind; } KINDS[] = {
        {"hlt", KIND_HLT}, {"iretq", KIND_IRET}, {"syscall", KIND_SYSCALL}, {"sysretq", KIND_SYSRET},
        {"pushfq", KIND_PUSHF}, {"popfq", KIND_POPF}};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (!strcmp(mnemonic, KINDS[i].name)) return KINDS[i].kind;
    die(EXIT_BAD_INPUT, "'%s': after= takes hlt, iretq, syscall, sysretq, pushfq or popfq here", where);
}

// nmi@step=N,from=reset, nmi@at=SYMBOL[+OFF][,hit=K] or nmi@after=MNEMONIC[,hit=K]; windows are not known here
static void add_injection(struct machine *m, const struct image *image, const char *spelled) {
    if (m->injection_count == MAX_INJECTIONS) die(EXIT_BAD_INPUT, "more than %d injections", MAX_INJECTIONS);
    struct injection *injection = &m->injections[m->injection_count++];
    char when[sizeof injection->spelled];
    if (strlen(spelled) >= sizeof when) die(EXIT_BAD_INPUT, "injection is too long: '%s'", spelled);
    strcpy(injection->spelled, spelled);
    strcpy(when, spelled);
    injection->hit = 1;
    char *hit = strstr(when, ",hit=");
    if (hit) {
        *hit = 0;
        injection->hit = parse_number(hit + 5, spelled);
    }
    char *reset = strstr(when, ",from=reset");
    if (!strncmp(when, "nmi@step=", 9) && !hit && reset && !reset[strlen(",from=reset")]) {
        *reset = 0;
        injection->when = AT_STEP;
        injection->value = parse_number(when + 9, spelled);
    } else if (!strncmp(when, "nmi@at=", 7)) {
        injection->when = AT_ADDRESS;
        injection->value = parse_address(image, when + 7);
    } else if (!strncmp(when, "nmi@after=", 10)) {
        injection->when = AFTER_KIND;
        injection->value = kind_named(when + 10, spelled);
    } else {
        die(EXIT_BAD_INPUT,
            "'%s': expected nmi@step=N,from=reset, nmi@at=SYMBOL[+OFF][,hit=K] or nmi@after=MNEMONIC[,hit=K]", spelled);
    }
}

static void make_user(struct machine *m, const struct image *image, const char *start, const char *end) {
    u64 from = parse_address(image, start) & ~(PAGE - 1), to = parse_address(image, end);
    for (u64 page = from; page < to; page += PAGE) {
        u64 *leaf = leaf_entry(m, page);
        if (!(*leaf & PTE_PRESENT)) die(EXIT_BAD_INPUT, "user %s %s: nothing is mapped there", start, end);
        *leaf |= PTE_USER;
    }
}

static u64 cr4_bit(const char *name) {
    static const struct { const char *name; int bit; } BITS[] = {
        {"VME", 0}, {"PVI", 1}, {"TSD", 2}, {"DE", 3}, {"PSE", 4}, {"PAE", 5}, {"MCE", 6}, {"PGE", 7}, {"PCE", 8},
        {"OSFXSR", 9}, {"OSXMMEXCPT", 10}, {"UMIP", 11}, {"FSGSBASE", 16}, {"PCIDE", 17}, {"OSXSAVE", 18},
        {"SMEP", 20}, {"SMAP", 21}};
    for (size_t i = 0; i < sizeof BITS / sizeof *BITS; i++)
        if (!strcasecmp(name, BITS[i].name)) return 1ull << BITS[i].bit;
    die(EXIT_BAD_INPUT, "cr4 %s: no such bit", name);
}

// Directives other than inject, user and cr4 are expectations, and nmi64's business.
static void obey_directive(struct machine *m, const struct image *image, char *line, bool with_injections) {
    char *rest = line, *word = strsep(&rest, " \t");
    if (!strcmp(word, "inject")) {
        while (rest && (word = strsep(&rest, " \t")))
            if (*word && with_injections) add_injection(m, image, word);
    } else if (!strcmp(word, "user")) {
        char start[96], end[96];
        if (!rest || sscanf(rest, "%95s %95s", start, end) != 2) die(EXIT_BAD_INPUT, "expected: user START END");
        make_user(m, image, start, end);
    } else if (!strcmp(word, "cr4")) {
        while (rest && (word = strsep(&rest, " \t,|")))
            if (*word) m->sregs.cr4 |= cr4_bit(word);
    } else if (!strcmp(word, "alias") || !strcmp(word, "physical") || !strcmp(word, "user-root")) {
        die(EXIT_BAD_INPUT, "directive %s: this program makes no such page tables", word);
    }
}

static void obey_directives(struct machine *m, const struct image *image, bool with_injections) {
    if (!image->directives_size) return;
    char *text = malloc(image->directives_size + 1), *rest, *line;
    memcpy(text, image->directives, image->directives_size);
    text[image->directives_size] = 0;
    // Lines end with a newline, or with NUL where the fixture used .asciz.
    for (size_t i = 0; i < image->directives_size; i++)
        if (!text[i]) text[i] = '\n';
    rest = text;
    while ((line = strsep(&rest, "\n"))) {
        line[strcspn(line, "#")] = 0;
        line += strspn(line, " \t");
        if (*line) obey_directive(m, image, line, with_injections);
    }
    free(text);
}

// ---------------------------------------------------------------------------------------------------------------------
// The virtual processor

static const char *backend(void) {
    static const char *const MODULES[] = {"kvm_amd", "kvm_intel", "kvm_pvm"};
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
        char path[64];
        snprintf(path, sizeof path, "/sys/module/%s", MODULES[i]);
        if (!access(path, F_OK)) return MODULES[i];
    }
    return "unknown";
}

static void open_kvm(struct machine *m) {
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0) die(EXIT_NO_KVM, "no /dev/kvm: %s", strerror(errno));
    if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) die(EXIT_NO_KVM, "no /dev/kvm: unknown API version");
    m->vm = ioctl(kvm, KVM_CREATE_VM, 0);
    if (m->vm < 0) die(EXIT_NO_KVM, "no /dev/kvm: cannot create a machine: %s", strerror(errno));
    m->ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct kvm_userspace_memory_region region = {.memory_size = RAM, .userspace_addr = (uintptr_t)m->ram};
    if (m->ram == MAP_FAILED || ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
        die(EXIT_NO_KVM, "no /dev/kvm: cannot give the machine memory: %s", strerror(errno));
    m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
    int run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (m->vcpu < 0 || run_size < 0) die(EXIT_NO_KVM, "no /dev/kvm: cannot create a processor: %s", strerror(errno));
    m->run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
    if (m->run == MAP_FAILED) die(EXIT_NO_KVM, "no /dev/kvm: cannot map the processor: %s", strerror(errno));

    enum { CPUID_ENTRIES = 256 };
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + CPUID_ENTRIES * sizeof *cpuid->entries);
    cpuid->nent = CPUID_ENTRIES;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) die(EXIT_NO_KVM, "no /dev/kvm: no CPUID: %s", strerror(errno));
    vcpu_call(m, KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
    free(cpuid);
}

static struct kvm_segment flat_segment(u64 selector, u8 type) {
    return (struct kvm_segment){.limit = 0xffffffff, .selector = (uint16_t)selector, .type = type, .present = 1,
                                .s = 1, .g = 1, .l = selector == CODE_SELECTOR, .db = selector != CODE_SELECTOR};
}

// The state of nmi64's machine at reset.
static void reset(struct machine *m, const struct image *image) {
    enum { TYPE_DATA = 3, TYPE_CODE = 11, TYPE_BUSY_TSS = 11 };
    u64 gdt[] = {0, GDT_CODE64, GDT_DATA};
    memcpy(m->ram + GDT_BASE, gdt, sizeof gdt);
    u64 cr4 = m->sregs.cr4;
    load_registers(m);
    m->sregs.cs = flat_segment(CODE_SELECTOR, TYPE_CODE);
    m->sregs.ss = m->sregs.ds = m->sregs.es = flat_segment(DATA_SELECTOR, TYPE_DATA);
    m->sregs.fs = m->sregs.gs = (struct kvm_segment){.unusable = 1};
    m->sregs.ldt = (struct kvm_segment){.unusable = 1};
    // Limit 0, so that every stack switch before LTR is #TS. Intel enters long mode with a busy TSS only.
    m->sregs.tr = (struct kvm_segment){.type = TYPE_BUSY_TSS, .present = 1};
    m->sregs.gdt = (struct kvm_dtable){.base = GDT_BASE, .limit = sizeof gdt - 1};
    m->sregs.idt = (struct kvm_dtable){0};
    m->sregs.cr0 = CR0_AT_RESET;
    m->sregs.cr3 = TABLES_BASE;
    m->sregs.cr4 = cr4 | CR4_PAE;
    m->sregs.efer = EFER_AT_RESET;
    store_system_registers(m);

    m->regs = (struct kvm_regs){.rip = image->header->e_entry, .rsp = STACK_TOP, .rflags = RFLAGS_RESERVED_ONE};
    u64 stack_top;
    if (find_symbol(image, "__stack_top", &stack_top)) m->regs.rsp = stack_top;
    store_registers(m);
}

// ---------------------------------------------------------------------------------------------------------------------
// Trace

#define GENERAL_REGISTERS(X) X(rax) X(rbx) X(rcx) X(rdx) X(rsi) X(rdi) X(rbp) X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) \
    X(r14) X(r15)

static void print_general_registers(const struct kvm_regs *regs) {
#define PRINT(name) printf(",\"" #name "\":\"0x%llx\"", (unsigned long long)regs->name);
    GENERAL_REGISTERS(PRINT)
#undef PRINT
}

struct instruction {
    u8 bytes[MAX_INSTRUCTION];
    size_t fetched, length; // length is known only for the kinds that need it, else 0
    enum kind kind;
    int operand_size;
    size_t opcode_at;
    u8 rep_prefix; // 0xf2, 0xf3 or 0
};

static void note_change(struct machine *m, u64 address, u64 value, u8 *shown) {
    if (m->change_count == m->change_capacity) {
        m->change_capacity = m->change_capacity ? 2 * m->change_capacity : 64;
        m->changes = realloc(m->changes, m->change_capacity * sizeof *m->changes);
        if (!m->changes) die(EXIT_BAD_INPUT, "out of memory for changes");
    }
    m->changes[m->change_count++] = (struct change){address, value, shown};
}

// The quadwords of the image that are not what they were at the line before.
static void find_changes(struct machine *m) {
    m->change_count = 0;
    for (size_t i = 0; i < m->watched_count; i++) {
        struct watched *watched = &m->watched[i];
        if (!memcmp(watched->page, watched->shown, PAGE)) continue;
        for (u64 offset = 0; offset < PAGE; offset += sizeof(u64)) {
            u64 value;
            memcpy(&value, watched->page + offset, sizeof value);
            if (memcmp(&value, watched->shown + offset, sizeof value))
                note_change(m, watched->address + offset, value, watched->shown + offset);
        }
    }
}

static void print_changes(struct machine *m) {
    printf(",\"changed\":\"");
    for (size_t i = 0; i < m->change_count; i++) {
        const struct change *change = &m->changes[i];
        printf("%s0x%llx=0x%llx", i ? " " : "", (unsigned long long)change->address,
               (unsigned long long)change->value);
        memcpy(change->shown, &change->value, sizeof change->value);
    }
    putchar('"');
}

static void observe(struct machine *m) {
    if (!m->trace) return;
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    m->nmi_latched = events.nmi.pending || events.nmi.injected;
    m->nmi_blocked = events.nmi.masked;
    find_changes(m);
}

static void print_instruction(struct machine *m, const struct instruction *instruction, const struct kvm_regs *regs,
                              const struct kvm_sregs *sregs) {
    if (!m->trace) return;
    printf("{\"n\":%llu,\"cycle\":0,\"rip\":\"0x%llx\",\"bytes\":\"", (unsigned long long)m->retired,
           (unsigned long long)regs->rip);
    for (size_t i = 0; i < instruction->fetched; i++) printf("%02x", instruction->bytes[i]);
    printf("\",\"rsp\":\"0x%llx\",\"rflags\":\"0x%llx\",\"cs\":\"0x%x\",\"ss\":\"0x%x\",\"cpl\":%d",
           (unsigned long long)regs->rsp, (unsigned long long)regs->rflags, sregs->cs.selector, sregs->ss.selector,
           sregs->cs.selector & 3);
    print_general_registers(regs);
    printf(",\"nmi\":{\"latched\":%s,\"blocked\":%s}", m->nmi_latched ? "true" : "false",
           m->nmi_blocked ? "true" : "false");
    print_changes(m);
    printf("}\n");
}

// ---------------------------------------------------------------------------------------------------------------------
// Decoding, as far as stepping needs it

static size_t modrm_length(const u8 *modrm) {
    unsigned mod = modrm[0] >> 6, rm = modrm[0] & 7;
    size_t length = 1;
    if (mod == 3) return length;
    if (rm == 4) {
        length++;
        if (mod == 0 && (modrm[1] & 7) == 5) length += 4;
    } else if (mod == 0 && rm == 5) {
        length += 4;
    }
    return length + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static bool is_string_opcode(u8 opcode) {
    bool port = opcode >= 0x6c && opcode <= 0x6f, moves_or_compares = opcode >= 0xa4 && opcode <= 0xa7;
    return port || moves_or_compares || (opcode >= 0xaa && opcode <= 0xaf);
}

static void classify(struct instruction *in, size_t at) {
    in->opcode_at = at;
    const u8 *op = in->bytes + at;
    if (op[0] == 0x9c) in->kind = KIND_PUSHF;
    else if (op[0] == 0x9d) in->kind = KIND_POPF;
    else if (op[0] == 0xcf) in->kind = KIND_IRET;
    else if (op[0] == OPCODE_INT3 || op[0] == OPCODE_INT || op[0] == OPCODE_INT1) in->kind = KIND_INT;
    else if (op[0] == OPCODE_HLT) in->kind = KIND_HLT;
    else if (op[0] == 0x0f && op[1] == 0x05) in->kind = KIND_SYSCALL;
    else if (op[0] == 0x0f && op[1] == 0x07) in->kind = KIND_SYSRET;
    else if (op[0] == 0x0f && op[1] == 0x01 && op[2] == 0xf8) in->kind = KIND_SWAPGS;
    else if (in->rep_prefix && is_string_opcode(op[0])) in->kind = KIND_STRING;
    else if (op[0] == 0x8e && (op[1] >> 3 & 7) == 2) {
        in->kind = KIND_MOV_SS;
        in->length = at + 1 + modrm_length(op + 1);
    }
}

static struct instruction fetch(struct machine *m, u64 rip) {
    struct instruction in = {.operand_size = 4};
    in.fetched = guest_read(m, rip, in.bytes, MAX_INSTRUCTION);
    size_t at = 0;
    for (; at + 2 < in.fetched; at++) {
        u8 byte = in.bytes[at];
        if (byte == 0xf2 || byte == 0xf3) in.rep_prefix = byte;
        else if (byte == 0x66) in.operand_size = 2;
        else if (!strchr("\x2e\x36\x3e\x26\x64\x65\x67\xf0", byte) || !byte) break;
    }
    if ((in.bytes[at] & 0xf0) == 0x40 && at + 1 < in.fetched) {
        if (in.bytes[at] & 8) in.operand_size = 8;
        at++;
    }
    classify(&in, at);
    return in;
}

// ---------------------------------------------------------------------------------------------------------------------
// Planted HLTs

static u64 gate_target(const u8 *gate) {
    u64 low, high;
    memcpy(&low, gate, sizeof low);
    memcpy(&high, gate + 8, sizeof high);
    return (low & 0xffff) | (low >> 48 << 16) | (high & 0xffffffff) << 32;
}

static bool gate_present(const u8 *gate) { return gate[5] & 0x80; }

// The IDT as far as its limit and the guest's mappings reach; returns the number of whole gates.
static int read_idt(struct machine *m, u8 idt[IDT_SIZE]) {
    size_t size = m->sregs.idt.limit + 1ul;
    if (size < GATE_SIZE) return 0;
    if (size > IDT_SIZE) size = IDT_SIZE;
    return (int)(guest_read(m, m->sregs.idt.base, idt, size) / GATE_SIZE);
}

static struct planted *planted_at(struct machine *m, u64 address) {
    for (int i = 0; i < m->planted_count; i++)
        if (m->planted[i].address == address) return &m->planted[i];
    return NULL;
}

static void plant(struct machine *m, u64 address) {
    // Never on the instruction that is about to be stepped: it has to run.
    if (address == m->regs.rip || planted_at(m, address)) return;
    u8 *byte = guest_byte(m, address);
    if (!byte || m->planted_count == MAX_PLANTED) return;
    m->planted[m->planted_count++] = (struct planted){address, byte, *byte};
    *byte = OPCODE_HLT;
}

static void plant_all(struct machine *m, const struct instruction *in) {
    u8 idt[IDT_SIZE];
    int gates = read_idt(m, idt);
    for (int vector = 0; vector < gates; vector++)
        if (gate_present(idt + vector * GATE_SIZE)) plant(m, gate_target(idt + vector * GATE_SIZE));
    if (in->kind == KIND_SYSCALL) plant(m, read_msr(m, MSR_LSTAR));
}

static void unplant_all(struct machine *m) {
    // Two linear addresses may alias one byte: backwards, so that the first original wins.
    while (m->planted_count) {
        struct planted *planted = &m->planted[--m->planted_count];
        *planted->byte = planted->original;
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Running

enum stop { STOP_STEPPED, STOP_HANDLER, STOP_HALTED, STOP_END };

static void port_write(struct machine *m, uint16_t port, const u8 *data, unsigned size) {
    uint32_t value = 0;
    memcpy(&value, data, size);
    if (port == PORT_EXIT) {
        m->outcome = OUTCOME_EXIT;
        m->exit_value = value;
    } else if (port == PORT_CONSOLE) {
        text_append(&m->console, (char)value);
    } else if (port == PORT_SERIAL) {
        text_append(&m->serial, (char)value);
    } else if (port < PORT_SERIAL || port >= PORT_SERIAL_END) {
        fprintf(stderr, "write to unknown port 0x%x ignored\n", port);
    }
}

static void port_access(struct machine *m) {
    u8 *data = (u8 *)m->run + m->run->io.data_offset;
    for (uint32_t i = 0; i < m->run->io.count; i++, data += m->run->io.size) {
        if (m->run->io.direction == KVM_EXIT_IO_OUT) {
            port_write(m, m->run->io.port, data, m->run->io.size);
        } else {
            memset(data, 0xff, m->run->io.size);
            if (m->run->io.port == PORT_SERIAL_LSR) data[0] = LSR_TRANSMITTER_READY;
            else if (m->run->io.port >= PORT_SERIAL && m->run->io.port < PORT_SERIAL_END) data[0] = 0;
        }
    }
}

// The access is part of an instruction, whose single-step trap KVM forgets: without this, the next one would run as well.
static void finish_port_access(struct machine *m) {
    m->run->immediate_exit = 1;
    ioctl(m->vcpu, KVM_RUN, 0); // ends with EINTR when the instruction is complete
    m->run->immediate_exit = 0;
    load_registers(m);
}

static bool nmi_can_wake(struct machine *m) {
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    return (events.nmi.pending || events.nmi.injected) && !events.nmi.masked;
}

// Whether the guest has just executed one of our HLTs; then it is put back onto it. Where the backend emulates HLT, the
// stop after it is a HLT exit or a debug exit, as the single-step request is served after the emulation.
static bool at_handler(struct machine *m) {
    load_registers(m);
    if (!planted_at(m, m->regs.rip - 1)) return false;
    m->regs.rip--;
    store_registers(m);
    return true;
}

static enum stop halted(struct machine *m) {
    if (at_handler(m)) return STOP_HANDLER;
    // Measured on kvm_pvm: stepping an IRETQ can end with a HLT exit although no HLT ran. Believe the code instead.
    u8 *executed = guest_byte(m, m->regs.rip - 1);
    return executed && *executed == OPCODE_HLT ? STOP_HALTED : STOP_STEPPED;
}

static volatile sig_atomic_t ran_away;

static void note_runaway(int signal) {
    (void)signal;
    ran_away = 1;
}

// A step that the backend never ends, because it forgot the single-step trap, must not hang who compares.
static void limit_step(void) {
    enum { SECONDS_OF_CPU = 2 };
    struct itimerval limit = {.it_value.tv_sec = SECONDS_OF_CPU};
    setitimer(ITIMER_PROF, &limit, NULL);
}

// Lets the guest run to the next thing this program has to know about.
static enum stop run_to_stop(struct machine *m) {
    for (;;) {
        if (ioctl(m->vcpu, KVM_RUN, 0) < 0) {
            if (errno == EINTR && ran_away) {
                fail(m, "a step does not end");
                return STOP_END;
            }
            if (errno == EINTR) continue;
            fail(m, "KVM_RUN: %s", strerror(errno));
            return STOP_END;
        }
        switch (m->run->exit_reason) {
        case KVM_EXIT_IO:
            port_access(m);
            if (m->outcome != RUNNING) return STOP_END;
            if (!m->stepping) continue;
            finish_port_access(m);
            return STOP_STEPPED;
        case KVM_EXIT_DEBUG: return at_handler(m) ? STOP_HANDLER : STOP_STEPPED;
        case KVM_EXIT_HLT: return halted(m);
        case KVM_EXIT_SHUTDOWN: m->outcome = OUTCOME_SHUTDOWN; return STOP_END;
        case KVM_EXIT_MMIO:
            fail(m, "access to physical address %#llx, where there is no memory",
                 (unsigned long long)m->run->mmio.phys_addr);
            return STOP_END;
        case KVM_EXIT_INTERNAL_ERROR:
            fail(m, "KVM internal error, suberror %u", m->run->internal.suberror);
            return STOP_END;
        case KVM_EXIT_FAIL_ENTRY:
            fail(m, "entry refused, reason %#llx",
                 (unsigned long long)m->run->fail_entry.hardware_entry_failure_reason);
            return STOP_END;
        default: fail(m, "unexpected KVM exit %u", m->run->exit_reason); return STOP_END;
        }
    }
}

static void arm_single_step(struct machine *m, bool on) {
    struct kvm_guest_debug debug = {.control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0};
    vcpu_call(m, KVM_SET_GUEST_DEBUG, &debug, "KVM_SET_GUEST_DEBUG");
}

// Makes KVM deliver an exception before the next instruction. Used where the guest's own single-step trap was consumed
// by our stepping, and for what the backend cannot execute.
static void hand_on_exception(struct machine *m, int vector, bool has_error_code, uint32_t error_code) {
    if (vector == VECTOR_DB) {
        struct kvm_debugregs debug;
        vcpu_call(m, KVM_GET_DEBUGREGS, &debug, "KVM_GET_DEBUGREGS");
        debug.dr6 |= DR6_BS;
        vcpu_call(m, KVM_SET_DEBUGREGS, &debug, "KVM_SET_DEBUGREGS");
    }
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    events.exception.injected = 1;
    events.exception.has_error_code = has_error_code;
    events.exception.error_code = error_code;
    events.exception.nr = (u8)vector;
    vcpu_call(m, KVM_SET_VCPU_EVENTS, &events, "KVM_SET_VCPU_EVENTS");
}

static bool exception_waits(struct machine *m) {
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    return events.exception.injected || events.exception.pending;
}

static enum stop step_on_processor(struct machine *m, const struct instruction *in) {
    arm_single_step(m, true);
    plant_all(m, in);
    enum stop stop = run_to_stop(m);
    // An instruction that is emulated may stop with its fault found but not yet delivered.
    while (stop == STOP_STEPPED && exception_waits(m)) stop = run_to_stop(m);
    unplant_all(m);
    load_registers(m);
    return stop;
}

// ---------------------------------------------------------------------------------------------------------------------
// What kvm_pvm cannot do
//
// kvm_pvm runs guest kernels without hardware virtualisation. Measured with the guests under experiments/:
// - Single-stepping works in kernel mode. In user mode the trap is not given to us but delivered to the guest as #DB.
// - A step over IRETQ or SYSRETQ to user mode does not stop at the target but runs on to the next exception.
// - A step over an IRETQ within kernel mode covers the next instruction as well, unless NMIs were blocked before it.
// - A step over SWAPGS does the SYSRETQ or IRETQ behind it as well.
// - INT n, INT3 and INT1 fail: emulation error in kernel mode, #UD in user mode.
// - SYSCALL goes to LSTAR but stays in user mode, so that the first kernel fetch faults.
// - REP runs all iterations in one step once its page is emulated.
// Here a step is therefore run on a copy of the IDT whose #DB and #UD gates lead to a HLT of ours on a stack of ours,
// IRETQ targets in user mode get a UD2 for the step, and what entered our handler is put back as if it had not. Behind
// SWAPGS a HLT of ours holds the guest. INT n is handed to KVM as an event, SYSCALL is done by hand, REP is cut into
// iterations. Everything KVM can do (NMI delivery, faults, IRETQ) is left to it.

static struct kvm_segment segment_of(struct machine *m, u64 selector) {
    u64 descriptor = 0;
    guest_read64(m, m->sregs.gdt.base + (selector & ~7ull), &descriptor);
    return (struct kvm_segment){.limit = 0xffffffff, .selector = (uint16_t)selector, .type = descriptor >> 40 & 15,
                                .s = 1, .dpl = descriptor >> 45 & 3, .present = 1, .l = descriptor >> 53 & 1,
                                .db = descriptor >> 54 & 1, .g = 1, .unusable = !(selector & ~3ull)};
}

static u64 swap_ist(struct machine *m, u64 value) {
    u64 at = m->sregs.tr.base + TSS_IST1 + 8 * (SCRATCH_IST - 1), old = 0;
    u8 *slot = guest_byte(m, at);
    if (!slot || (at & (PAGE - 1)) > PAGE - sizeof old) return 0;
    memcpy(&old, slot, sizeof old);
    memcpy(slot, &value, sizeof value);
    return old;
}

// Sends one vector to our handler, in the scratch copy of the IDT.
static void divert_vector(struct machine *m, int vector) {
    u8 *gate = m->ram + SCRATCH_IDT + vector * GATE_SIZE;
    u64 low = (SCRATCH_HANDLER & 0xffff) | (SCRATCH_HANDLER >> 16 & 0xffff) << 48 | 0x8e00ull << 32 |
              (u64)SCRATCH_IST << 32 | (u64)(m->sregs.cs.selector & 3 ? CODE_SELECTOR : m->sregs.cs.selector) << 16;
    u64 high = SCRATCH_HANDLER >> 32;
    memcpy(gate, &low, sizeof low);
    memcpy(gate + 8, &high, sizeof high);
}

// Where an IRET or SYSRET goes, if it goes to user mode; else 0.
static u64 user_target(struct machine *m, const struct instruction *in) {
    u64 rip = 0, cs = 0;
    if (in->kind == KIND_SYSRET) return m->regs.rcx;
    if (in->kind != KIND_IRET || in->operand_size != 8 || m->sregs.cs.selector & 3) return 0;
    guest_read64(m, m->regs.rsp, &rip);
    guest_read64(m, m->regs.rsp + 8, &cs);
    return cs & 3 ? rip : 0;
}

// RF behind a return instruction. The frame of our #UD cannot tell: a fault's frame has RF set.
static u64 returned_rf(struct machine *m, const struct instruction *in) {
    u64 image = 0;
    if (in->kind == KIND_IRET) guest_read64(m, m->regs.rsp + FRAME_RFLAGS, &image);
    return image & RFLAGS_RF;
}

// Takes back the delivery that entered our handler.
static void take_back_delivery(struct machine *m) {
    u64 frame[FRAME_QWORDS] = {0};
    guest_read(m, m->regs.rsp, frame, sizeof frame);
    m->regs.rip = frame[0];
    m->regs.rflags = frame[2] & ~RFLAGS_TF;
    m->regs.rsp = frame[3];
    m->sregs.cs = segment_of(m, frame[1]);
    m->sregs.ss = segment_of(m, frame[4]);
}

// Exchanges two bytes of guest code with the given ones; twice is none. False where the code is not mapped.
static bool swap_code(struct machine *m, u64 address, u8 code[2]) {
    u8 *at[] = {guest_byte(m, address), guest_byte(m, address + 1)};
    if (!at[0] || !at[1]) return false;
    for (int i = 0; i < 2; i++) {
        u8 old = *at[i];
        *at[i] = code[i];
        code[i] = old;
    }
    return true;
}

static enum stop run_on_scratch_idt(struct machine *m, const struct instruction *in, int vector) {
    struct kvm_dtable idt = m->sregs.idt;
    memset(m->ram + SCRATCH_IDT, 0, IDT_SIZE);
    read_idt(m, m->ram + SCRATCH_IDT);
    plant_all(m, in);
    plant(m, SCRATCH_HANDLER);
    divert_vector(m, vector);
    u64 ist = swap_ist(m, SCRATCH_STACK_TOP);
    m->sregs.idt = (struct kvm_dtable){.base = SCRATCH_IDT, .limit = IDT_SIZE - 1};
    store_system_registers(m);
    arm_single_step(m, true);
    enum stop stop = run_to_stop(m);
    while (stop == STOP_STEPPED && exception_waits(m)) stop = run_to_stop(m);
    unplant_all(m);
    swap_ist(m, ist);
    load_registers(m);
    m->sregs.idt = idt;
    return stop;
}

// A step during which `vector` comes to us. `target` is where a UD2 has to stop the guest, or 0.
static enum stop step_diverted(struct machine *m, const struct instruction *in, int vector, u64 target) {
    u8 code[] = {0x0f, 0x0b}; // UD2
    struct kvm_debugregs debug;
    vcpu_call(m, KVM_GET_DEBUGREGS, &debug, "KVM_GET_DEBUGREGS");
    bool swapped = target && swap_code(m, target, code);
    u64 rf = returned_rf(m, in);
    enum stop stop = run_on_scratch_idt(m, in, vector);
    if (swapped) swap_code(m, target, code);
    bool ours = stop == STOP_HANDLER && m->regs.rip == SCRATCH_HANDLER;
    if (ours) {
        take_back_delivery(m);
        if (vector == VECTOR_UD) m->regs.rflags = (m->regs.rflags & ~RFLAGS_RF) | rf;
        vcpu_call(m, KVM_SET_DEBUGREGS, &debug, "KVM_SET_DEBUGREGS"); // our trap has set DR6.BS
    }
    store_system_registers(m);
    store_registers(m);
    return ours ? STOP_STEPPED : stop;
}

// A step that a HLT at `next` ends, if nothing else does.
static enum stop step_up_to(struct machine *m, const struct instruction *in, u64 next) {
    arm_single_step(m, true);
    plant_all(m, in);
    plant(m, next);
    enum stop stop = run_to_stop(m);
    while (stop == STOP_STEPPED && exception_waits(m)) stop = run_to_stop(m);
    unplant_all(m);
    load_registers(m);
    return stop == STOP_HANDLER && m->regs.rip == next ? STOP_STEPPED : stop;
}

static enum stop step_swapgs(struct machine *m, const struct instruction *in) {
    enum { SWAPGS_LENGTH = 3 };
    return step_up_to(m, in, m->regs.rip + SWAPGS_LENGTH);
}

// An IRETQ that stays in kernel mode: where NMIs were not blocked before it, the step covers the next instruction too.
static enum stop step_kernel_iret(struct machine *m, const struct instruction *in) {
    u64 target = 0, rsp = 0, rf = returned_rf(m, in);
    guest_read64(m, m->regs.rsp, &target);
    guest_read64(m, m->regs.rsp + FRAME_RSP, &rsp);
    enum stop stop = step_up_to(m, in, target);
    // The trap came at the target, right behind a handler whose first instruction has one byte: no HLT ran there, as a
    // delivery would have moved RSP.
    if (stop == STOP_HANDLER && m->regs.rip == target - 1 && m->regs.rsp == rsp) {
        m->regs.rip = target;
        stop = STOP_STEPPED;
    }
    if (stop != STOP_STEPPED || m->regs.rip != target) return stop;
    m->regs.rflags = (m->regs.rflags & ~RFLAGS_RF) | rf; // the HLT has cleared it
    store_registers(m);
    return stop;
}

static void hand_over_software_interrupt(struct machine *m, const struct instruction *in) {
    bool with_vector = in->bytes[0] == OPCODE_INT;
    int vector = with_vector ? in->bytes[1] : in->bytes[0] == OPCODE_INT3 ? VECTOR_BP : VECTOR_DB;
    u8 idt[IDT_SIZE];
    int gates = read_idt(m, idt), cpl = m->sregs.cs.selector & 3;
    const u8 *gate = idt + vector * GATE_SIZE;
    bool checked = in->bytes[0] != OPCODE_INT1; // INT1 does not look at the gate's DPL
    bool refused = checked && (vector >= gates || (gate[5] >> 5 & 3) < cpl);
    if (refused || (vector < gates && !gate_present(gate))) {
        m->regs.rflags |= RFLAGS_RF; // as a fault pushes it
        store_registers(m);
        hand_on_exception(m, refused ? VECTOR_GP : VECTOR_NP, true, (uint32_t)vector * 8 + (checked ? 2 : 3));
        return;
    }
    m->regs.rip += with_vector ? 2 : 1;
    store_registers(m);
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    events.interrupt.injected = events.interrupt.soft = 1;
    events.interrupt.nr = (u8)vector;
    vcpu_call(m, KVM_SET_VCPU_EVENTS, &events, "KVM_SET_VCPU_EVENTS");
}

static void perform_syscall(struct machine *m) {
    enum { SYSCALL_LENGTH = 2 };
    u64 selector = read_msr(m, MSR_STAR) >> 32 & 0xfffc;
    m->regs.rcx = m->regs.rip + SYSCALL_LENGTH;
    m->regs.r11 = m->regs.rflags & ~RFLAGS_RF;
    m->regs.rip = read_msr(m, MSR_LSTAR);
    m->regs.rflags = (m->regs.rflags & ~(read_msr(m, MSR_FMASK) | RFLAGS_RF)) | RFLAGS_RESERVED_ONE;
    m->sregs.cs = segment_of(m, selector);
    m->sregs.ss = segment_of(m, selector + 8);
    store_system_registers(m);
    store_registers(m);
}

// REPE and REPNE look at ZF only in CMPS and SCAS.
static bool repeats(const struct instruction *in, u64 rflags) {
    u8 opcode = in->bytes[in->opcode_at], compares = (opcode & 0xfe) == 0xa6 || (opcode & 0xfe) == 0xae;
    return !compares || !(rflags & RFLAGS_ZF) == (in->rep_prefix == 0xf2);
}

// One iteration: the count is 1 for the step. RF is set where iterations remain, as Intel says; it is therefore
// no finding of this oracle. (An AMD family 25 processor shows RF = 0 there: experiments/cpl3-probe.c.)
static enum stop step_iteration(struct machine *m, const struct instruction *in) {
    u64 count = m->regs.rcx, rip = m->regs.rip;
    m->regs.rcx = 1;
    store_registers(m);
    enum stop stop = m->sregs.cs.selector & 3 ? step_diverted(m, in, VECTOR_DB, 0) : step_on_processor(m, in);
    bool done = stop == STOP_STEPPED && m->regs.rcx == 0;
    bool more = done && repeats(in, m->regs.rflags);
    // The backend leaves RIP on the REP after its last iteration and finds out at the next entry that RCX is 0.
    if (done && !more && m->regs.rip == rip) stop = step_on_processor(m, in);
    m->regs.rcx = done ? count - 1 : count;
    if (more) {
        m->regs.rip = rip;
        m->regs.rflags |= RFLAGS_RF;
    }
    store_registers(m);
    return stop;
}

static enum stop step_on_software(struct machine *m, const struct instruction *in) {
    if (nmi_can_wake(m)) return step_on_processor(m, in); // stops at the NMI's handler, before the instruction
    u64 target = user_target(m, in);
    if (in->kind == KIND_SYSCALL) {
        perform_syscall(m);
        return STOP_STEPPED;
    }
    if (in->kind == KIND_STRING && m->regs.rcx > 1) return step_iteration(m, in);
    if (in->kind == KIND_INT) hand_over_software_interrupt(m, in);
    else if (in->kind == KIND_SWAPGS && !(m->sregs.cs.selector & 3)) return step_swapgs(m, in);
    else if (m->sregs.cs.selector & 3) return step_diverted(m, in, VECTOR_DB, 0);
    else if (in->kind == KIND_IRET && !target && in->operand_size == 8) return step_kernel_iret(m, in);
    else if (target) return step_diverted(m, in, VECTOR_UD, target);
    return step_on_processor(m, in);
}

// ---------------------------------------------------------------------------------------------------------------------
// Stepping

// An interrupt frame starts at RSP, or above an error code. Delivery aligns the stack to 16 before it pushes, so five
// qwords leave RSP at 8 mod 16 and six leave it at 0 mod 16.
static bool frame_has_error_code(u64 rsp) { return !(rsp & 8); }

static u64 frame_address(u64 rsp) { return frame_has_error_code(rsp) ? rsp + 8 : rsp; }

static bool vector_has_error_code(int vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

// Which gate leads here. Handlers may share an entry; the error code tells some of them apart.
static int vector_of(struct machine *m, u64 handler) {
    u8 idt[IDT_SIZE];
    int gates = read_idt(m, idt), found = -1;
    for (int vector = 0; vector < gates; vector++) {
        const u8 *gate = idt + vector * GATE_SIZE;
        if (!gate_present(gate) || gate_target(gate) != handler) continue;
        if (vector_has_error_code(vector) == frame_has_error_code(m->regs.rsp)) return vector;
        if (found < 0) found = vector;
    }
    return found;
}

static void print_event(struct machine *m, int vector, u64 from) {
    if (!m->trace) return;
    const char *event = vector == VECTOR_NMI ? "nmi" : vector < 32 ? "exception" : "interrupt";
    u64 error = 0;
    printf("{\"n\":%llu,\"cycle\":0,\"event\":\"%s\",\"vector\":%d", (unsigned long long)m->retired, event, vector);
    if (frame_has_error_code(m->regs.rsp) && guest_read64(m, m->regs.rsp, &error))
        printf(",\"error\":\"0x%llx\"", (unsigned long long)error);
    printf(",\"from\":\"0x%llx\",\"frame\":\"0x%llx\",\"pushed\":[", (unsigned long long)from,
           (unsigned long long)m->regs.rsp);
    for (int i = 0; i < FRAME_QWORDS; i++) {
        u64 pushed = 0;
        guest_read64(m, frame_address(m->regs.rsp) + 8u * (unsigned)i, &pushed);
        printf("%s\"0x%llx\"", i ? "," : "", (unsigned long long)pushed);
    }
    printf("]}\n");
}

static void assert_nmi(struct machine *m, struct injection *injection) {
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    injection->fired = true;
    m->asserted++;
    // KVM remembers up to two NMIs; a processor has one latch. An edge that finds it full merges.
    if (events.nmi.pending) {
        m->merged++;
        return;
    }
    vcpu_call(m, KVM_NMI, NULL, "KVM_NMI");
}

static void assert_due_nmis(struct machine *m) {
    for (int i = 0; i < m->injection_count; i++) {
        struct injection *injection = &m->injections[i];
        if (injection->fired || injection->when == AFTER_KIND) continue;
        if (injection->when == AT_STEP ? m->retired == injection->value
                                       : m->regs.rip == injection->value && ++injection->seen == injection->hit)
            assert_nmi(m, injection);
    }
}

// Whether an NMI arrives at the boundary that has just been reached; one that is blocked wakes nobody.
static bool nmi_is_due(struct machine *m) {
    struct kvm_vcpu_events events;
    vcpu_call(m, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
    bool due = false;
    for (int i = 0; i < m->injection_count; i++)
        due |= !m->injections[i].fired && m->injections[i].when == AT_STEP && m->injections[i].value == m->retired;
    return due && !events.nmi.masked;
}

static void assert_nmis_after(struct machine *m, enum kind kind) {
    for (int i = 0; i < m->injection_count; i++) {
        struct injection *injection = &m->injections[i];
        if (injection->when == AFTER_KIND && injection->value == kind && ++injection->seen == injection->hit)
            assert_nmi(m, injection);
    }
}

// Whether the instruction at the stop's origin has retired. A fault's or an NMI's frame that names the instruction
// itself says it has not, unless a REP iteration went by.
static bool has_retired(const struct instruction *in, const struct kvm_regs *before, const struct kvm_regs *after,
                        u64 frame_rip) {
    if (frame_rip != before->rip) return true;
    return in->kind == KIND_STRING && before->rcx != after->rcx;
}

// One line for an instruction; a REP instruction has one for all its iterations up to the next event.
static void print_retired(struct machine *m, const struct instruction *in, const struct kvm_regs *before,
                          const struct kvm_sregs *sregs_before, bool more_iterations) {
    if (!m->in_rep) print_instruction(m, in, before, sregs_before);
    m->in_rep = more_iterations;
    if (!more_iterations) m->retired++;
}

static void entered_handler(struct machine *m, const struct instruction *in, const struct kvm_regs *before,
                            const struct kvm_sregs *sregs_before) {
    u64 frame = frame_address(m->regs.rsp), rip = 0;
    int vector = vector_of(m, m->regs.rip);
    restore_tf(m, frame + FRAME_RFLAGS, m->guest_tf);
    guest_read64(m, frame, &rip);
    if (has_retired(in, before, &m->regs, rip)) {
        print_retired(m, in, before, sregs_before, false);
    }
    m->in_rep = false;
    if (vector == VECTOR_NMI && in->kind != KIND_INT) m->delivered++;
    print_event(m, vector, rip);
    m->guest_tf = false;
}

// The TF that KVM set for us is visible where RFLAGS is copied.
static void repair_leaks(struct machine *m, const struct instruction *in) {
    if (in->kind == KIND_PUSHF) restore_tf(m, m->regs.rsp, m->guest_tf);
    if (in->kind == KIND_SYSCALL) {
        m->regs.r11 = (m->regs.r11 & ~RFLAGS_TF) | (m->guest_tf ? RFLAGS_TF : 0);
        store_registers(m);
    }
}

// TF after the instruction, had nobody stepped it. KVM hides the real one, but only these instructions load it.
static bool next_guest_tf(struct machine *m, const struct instruction *in, const struct kvm_regs *before) {
    u64 image = 0;
    switch (in->kind) {
    case KIND_POPF: guest_read64(m, before->rsp, &image); return image & RFLAGS_TF;
    case KIND_IRET: guest_read64(m, before->rsp + 2 * (u64)in->operand_size, &image); return image & RFLAGS_TF;
    case KIND_SYSRET: return before->r11 & RFLAGS_TF;
    case KIND_SYSCALL: return m->guest_tf && !(read_msr(m, MSR_FMASK) & RFLAGS_TF);
    default: return m->guest_tf;
    }
}

// MOV SS suppresses the single-step trap on silicon: the step then covered the next instruction too, which nobody saw.
static void note_shadowed_instruction(struct machine *m, const struct instruction *in, u64 rip_before) {
    u64 unseen = rip_before + in->length;
    if (in->kind != KIND_MOV_SS || m->regs.rip == unseen) return;
    if (m->trace)
        printf("{\"n\":%llu,\"cycle\":0,\"event\":\"unseen\",\"from\":\"0x%llx\"}\n", (unsigned long long)m->retired,
               (unsigned long long)unseen);
    m->retired++;
}

// An instruction went by without entering a handler.
static void retired(struct machine *m, const struct instruction *in, const struct kvm_regs *before,
                    const struct kvm_sregs *sregs_before) {
    bool traps = m->guest_tf && in->kind != KIND_MOV_SS;
    print_retired(m, in, before, sregs_before, in->kind == KIND_STRING && m->regs.rip == before->rip);
    repair_leaks(m, in);
    m->guest_tf = next_guest_tf(m, in, before);
    note_shadowed_instruction(m, in, before->rip);
    if (m->outcome != RUNNING) return;
    assert_nmis_after(m, in->kind);
    if (traps) hand_on_exception(m, VECTOR_DB, false, 0);
    else if (in->kind == KIND_HLT && !nmi_can_wake(m) && !nmi_is_due(m)) m->outcome = OUTCOME_HALTED;
}

// Now and then, and not reproducibly, kvm_pvm stops in user mode without having run anything. A branch to itself may be
// tried again just as well.
static enum stop step_once(struct machine *m, const struct instruction *in) {
    enum { TRIES = 4 };
    if (!m->software) return step_on_processor(m, in);
    struct kvm_regs before = m->regs;
    enum stop stop = step_on_software(m, in);
    for (int i = 1; i < TRIES && stop == STOP_STEPPED && in->kind != KIND_STRING; i++) {
        struct kvm_regs after = m->regs;
        after.rflags = (after.rflags & ~RFLAGS_RF) | (before.rflags & RFLAGS_RF); // a page fault hidden from the guest
        if (memcmp(&before, &after, sizeof before)) break;
        stop = step_on_software(m, in);
    }
    return stop;
}

static void step(struct machine *m) {
    load_registers(m);
    assert_due_nmis(m);
    observe(m);
    struct kvm_regs before = m->regs;
    struct kvm_sregs sregs_before = m->sregs;
    struct instruction in = fetch(m, before.rip);
    if (m->guest_tf) before.rflags |= RFLAGS_TF;
    enum stop stop = step_once(m, &in);
    bool called = in.kind == KIND_SYSCALL && m->regs.rip == read_msr(m, MSR_LSTAR); // an NMI may have come first
    if (stop == STOP_HANDLER && !called) entered_handler(m, &in, &before, &sregs_before);
    else if (m->outcome != OUTCOME_ERROR && m->outcome != OUTCOME_SHUTDOWN) retired(m, &in, &before, &sregs_before);
}

// A guest whose handler faults again and again retires nothing, hence the second limit.
static void run_stepping(struct machine *m) {
    enum { STEPS_PER_INSTRUCTION = 50 };
    struct sigaction action = {.sa_handler = note_runaway};
    sigaction(SIGPROF, &action, NULL);
    for (u64 steps = 0; m->outcome == RUNNING; steps++) {
        if (steps % 64 == 0) limit_step();
        if (m->retired >= m->max_steps || steps / STEPS_PER_INSTRUCTION >= m->max_steps) m->outcome = OUTCOME_LIMIT;
        else step(m);
    }
}

static void run_free(struct machine *m) {
    if (run_to_stop(m) == STOP_HALTED) m->outcome = OUTCOME_HALTED;
    load_registers(m);
}

// ---------------------------------------------------------------------------------------------------------------------
// Result

static void print_result(struct machine *m, bool stepping) {
    printf("{\"outcome\":\"%s\",\"exitValue\":", OUTCOMES[m->outcome]);
    if (m->outcome == OUTCOME_EXIT) printf("%u", m->exit_value);
    else printf("null");
    if (m->outcome == OUTCOME_ERROR) printf(",\"error\":\"%s\"", m->error);
    if (stepping) printf(",\"instructions\":%llu", (unsigned long long)m->retired);
    printf(",\"registers\":{\"rip\":\"0x%llx\",\"rsp\":\"0x%llx\",\"rflags\":\"0x%llx\"",
           (unsigned long long)m->regs.rip, (unsigned long long)m->regs.rsp, (unsigned long long)m->regs.rflags);
    print_general_registers(&m->regs);
    printf(",\"cs\":\"0x%x\",\"ss\":\"0x%x\",\"cr2\":\"0x%llx\"}", m->sregs.cs.selector, m->sregs.ss.selector,
           (unsigned long long)m->sregs.cr2);
    printf(",\"nmi\":{\"asserted\":%llu,\"merged\":%llu", (unsigned long long)m->asserted,
           (unsigned long long)m->merged);
    if (stepping) printf(",\"delivered\":%llu", (unsigned long long)m->delivered);
    printf("},\"serial\":");
    print_json_text(&m->serial);
    printf(",\"console\":");
    print_json_text(&m->console);
    printf(",\"unfired\":[");
    for (int i = 0, printed = 0; i < m->injection_count; i++)
        if (!m->injections[i].fired) printf("%s\"%s\"", printed++ ? "," : "", m->injections[i].spelled);
    printf("],\"backend\":\"%s\"", backend());
    if (m->trace) {
        find_changes(m);
        print_changes(m);
    }
    printf("}\n");
}

static int exit_code(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_EXIT:
    case OUTCOME_HALTED: return EXIT_DONE;
    case OUTCOME_LIMIT: return EXIT_LIMIT;
    case OUTCOME_ERROR: return EXIT_NO_KVM;
    default: return EXIT_GUEST_DIED;
    }
}

struct options {
    const char *image;
    const char *injections[MAX_INJECTIONS];
    int injection_count;
    bool trace, directives;
    u64 max_steps;
};

static struct options parse_options(int count, char **arguments) {
    struct options options = {.directives = true, .max_steps = 1000000};
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        bool has_value = i + 1 < count;
        if (!strcmp(argument, "--trace")) options.trace = true;
        else if (!strcmp(argument, "--no-directives")) options.directives = false;
        else if (!strcmp(argument, "--max-steps") && has_value)
            options.max_steps = parse_number(arguments[++i], argument);
        else if (!strcmp(argument, "--inject") && has_value && options.injection_count < MAX_INJECTIONS)
            options.injections[options.injection_count++] = arguments[++i];
        else if (!strcmp(argument, "--backend")) {
            puts(backend());
            exit(EXIT_DONE);
        } else if (argument[0] != '-' && !options.image) options.image = argument;
        else die(EXIT_BAD_INPUT, "unknown or incomplete argument '%s'", argument);
    }
    if (!options.image)
        die(EXIT_BAD_INPUT, "usage: nmi64-kvm ELF [--inject nmi@WHEN]... [--trace] [--max-steps N] [--no-directives], or "
                            "nmi64-kvm --backend");
    return options;
}

int main(int count, char **arguments) {
    static struct machine machine = {.next_table = TABLES_BASE, .next_frame = LOW_RAM};
    struct machine *m = &machine;
    struct options options = parse_options(count, arguments);
    struct image image = open_image(options.image);
    m->trace = options.trace;
    m->max_steps = options.max_steps;
    open_kvm(m);
    m->software = !strcmp(backend(), "kvm_pvm");
    map_identity(m);
    m->sregs.cr3 = TABLES_BASE;
    load_segments(m, &image);
    obey_directives(m, &image, options.directives);
    for (int i = 0; i < options.injection_count; i++) add_injection(m, &image, options.injections[i]);
    reset(m, &image);
    begin_watching(m);
    // A software backend needs the help of stepping even without a trace.
    bool stepping = m->trace || m->injection_count || m->software;
    m->stepping = stepping;
    if (stepping) run_stepping(m);
    else run_free(m);
    print_result(m, stepping);
    return exit_code(m->outcome);
}
