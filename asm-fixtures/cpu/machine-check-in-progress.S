/* SPDX-License-Identifier: MIT */
/*
 * A machine check while the one before is in progress (MCG_STATUS.MCIP, which this handler never clears) shuts the processor
 * down, wherever the program has got to.
 *
 * Schedule: machine checks at two places of the program.
 *
 * Assemble and run, in asm-fixtures:
 *     as --64 -I include -o x.o cpu/machine-check-in-progress.S && ld -n -T link.ld -o x.elf x.o
 *     nmi64 run x.elf
 */
        .include "machine.inc"

        directive "title A machine check while MCG_STATUS.MCIP is set ends in shutdown"
        directive "reference SDM vol. 3, 15.3.1.2"
        directive "cr4 mce"
        directive "inject mce@at=window"
        directive "inject mce@at=later"
        directive "expect outcome shutdown"
        directive "expect memory runs 1"

        gate    18, machine_check, ist=IST_MACHINE_CHECK

        .text
fixture_main:
window:
        nop
        nop
later:
        nop
        exit    1

machine_check:
        incq    runs(%rip)
        iretq

        .data
        .balign 8
runs:           .quad 0
