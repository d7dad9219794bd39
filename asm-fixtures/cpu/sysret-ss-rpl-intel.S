/* SPDX-License-Identifier: MIT */
/*
 * What include/sysret-ss-rpl.inc is about, by the rules of Intel.
 *
 * Schedule: NMI in the user program.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/sysret-ss-rpl-intel.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title SYSRETQ without an RPL in STAR, Intel: SS gets RPL 3, and the NMI returns"
        .set    AMD, 0
        .include "sysret-ss-rpl.inc"
