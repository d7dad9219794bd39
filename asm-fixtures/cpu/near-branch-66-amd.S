/* SPDX-License-Identifier: MIT */
/*
 * What include/near-branch-66.inc is about, by the rules of AMD.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/near-branch-66-amd.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title 66 before near branches, AMD: they have 16 bits"
        .set    AMD, 1
        .include "near-branch-66.inc"
