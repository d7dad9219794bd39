/* SPDX-License-Identifier: MIT */
/*
 * What include/mov-ss-breakpoint.inc is about, by the rules of AMD.
 *
 * Schedule: none.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/mov-ss-breakpoint-amd.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A code breakpoint behind MOV SS, AMD: it hits"
        .set    AMD, 1
        .include "mov-ss-breakpoint.inc"
