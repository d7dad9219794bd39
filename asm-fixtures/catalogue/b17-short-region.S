/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry-v37.inc whose fix-up region ends before its last instruction. A nested NMI there costs a needless run of the
 * handler and nothing else, so this mutant must be proved harmless. (The catalogue's mutant is the RFC's jump out of
 * the region; on that order of frames B06 and B07 would be found instead.)
 */
        .set    SHORT_REGION, 1

        .include "check-victim.inc"
        .include "check-handler.inc"
        .include "entry-v37-mutants.inc"

        directive "title Region one instruction short: harmless"
        directive "catalogue B17 control: the region ends one instruction early"
        directive "entry mutant of v3.7"
        directive "verdict proved"

        kernel_victim
        nmi_handler breakpoint_once
