/* SPDX-License-Identifier: MIT */
/*
 * What include/sysret-ss-rpl.inc is about, by the rules of AMD.
 *
 * Schedule: NMI in the user program.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/sysret-ss-rpl-amd.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SYSRETQ without an RPL in STAR, AMD: SS keeps RPL 0, and the NMI's IRETQ faults"
        .set    AMD, 1
        .include "sysret-ss-rpl.inc"
