/* SPDX-License-Identifier: MIT */
/*
 * What include/general-detect-cpl3.inc is about, by the rules of Intel.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/general-detect-cpl3-intel.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title MOV DR at CPL 3 while DR7.GD guards, Intel: #DB"
        .set    AMD, 0
        .include "general-detect-cpl3.inc"
