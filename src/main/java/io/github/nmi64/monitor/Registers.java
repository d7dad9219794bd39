package io.github.nmi64.monitor;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;

/** Registers by the names expectations and assertions use ({@link io.github.nmi64.fixture.RunFacts#REGISTERS}). */
public final class Registers {
    private Registers() {}

    /**
     * The value of a register; selectors are zero-extended.
     *
     * @throws IllegalArgumentException if there is no register of that name
     */
    public static long read(CpuState state, String name) {
        int gpr = Gpr.NAMES.indexOf(name);
        if (gpr >= 0) {
            return state.gpr[gpr];
        }
        int segment = Segment.NAMES.indexOf(name);
        if (segment >= 0) {
            return state.selector(segment);
        }
        return switch (name) {
            case "rip" -> state.rip;
            case "rflags" -> state.rflags;
            case "fs_base" -> state.segments.base[Segment.FS];
            case "gs_base" -> state.segments.base[Segment.GS];
            case "kernel_gs_base" -> state.kernelGsBase;
            case "cr0" -> state.cr0;
            case "cr2" -> state.cr2;
            case "cr3" -> state.cr3;
            case "cr4" -> state.cr4;
            case "dr6" -> state.dr6;
            case "dr7" -> state.dr7;
            default -> throw new IllegalArgumentException("no register '" + name + "'");
        };
    }
}
