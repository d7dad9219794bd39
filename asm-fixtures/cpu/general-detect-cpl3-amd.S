/* SPDX-License-Identifier: MIT */
/*
 * What include/general-detect-cpl3.inc is about, by the rules of AMD.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/general-detect-cpl3-amd.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title MOV DR at CPL 3 while DR7.GD guards, AMD: #GP"
        .set    AMD, 1
        .include "general-detect-cpl3.inc"
