package io.github.nmi64.monitor;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.Delivered;
import java.util.ArrayList;
import java.util.List;

/** What a program owns and can notice if a handler does not put it back, as {@link #COUNT} words of an array. */
final class ContextWords {
    static final int RIP = Gpr.COUNT;
    static final int RFLAGS = RIP + 1;
    static final int CS = RFLAGS + 1;
    static final int SS = CS + 1;
    private static final int DS = SS + 1;
    private static final int FS_BASE = DS + 4;
    private static final int GS_BASE = FS_BASE + 1;
    private static final int KERNEL_GS_BASE = GS_BASE + 1;
    private static final int CR2 = KERNEL_GS_BASE + 1;
    static final int COUNT = CR2 + 1;

    /** The registers' names in the order of the words. */
    static final List<String> NAMES = names();

    private ContextWords() {}

    private static List<String> names() {
        List<String> names = new ArrayList<>(Gpr.NAMES);
        names.addAll(List.of("rip", "rflags", "cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base"));
        names.addAll(List.of("kernel_gs_base", "cr2"));
        return List.copyOf(names);
    }

    /** The context the processor is in. */
    static void current(CpuState state, long[] into, int at) {
        System.arraycopy(state.gpr, 0, into, at, Gpr.COUNT);
        into[at + RIP] = state.rip;
        into[at + RFLAGS] = state.rflags & ~Rflags.RF; // RF belongs to the resumption, not to the program
        into[at + CS] = state.selector(Segment.CS);
        into[at + SS] = state.selector(Segment.SS);
        into[at + DS] = state.selector(Segment.DS);
        into[at + DS + 1] = state.selector(Segment.ES);
        into[at + DS + 2] = state.selector(Segment.FS);
        into[at + DS + 3] = state.selector(Segment.GS);
        into[at + FS_BASE] = state.segments.base[Segment.FS];
        into[at + GS_BASE] = state.segments.base[Segment.GS];
        into[at + KERNEL_GS_BASE] = state.kernelGsBase;
        into[at + CR2] = state.cr2;
    }

    /** The context an event interrupted; {@code state} is at the handler's first instruction. */
    static void interrupted(CpuState state, Delivered event, long[] into, int at) {
        current(state, into, at);
        into[at + Gpr.RSP] = event.fromRsp();
        into[at + RIP] = event.fromRip();
        into[at + RFLAGS] = event.fromRflags() & ~Rflags.RF;
        into[at + CS] = event.fromCs();
        into[at + SS] = event.fromSs();
    }
}
