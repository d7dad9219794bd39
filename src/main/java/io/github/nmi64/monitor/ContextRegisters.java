package io.github.nmi64.monitor;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.state.SystemRegisters;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * The registers a program owns and can notice if a handler does not put them back, as {@link #COUNT} values of an array:
 * all but RF, which belongs to the resumption, DR6 and IA32_MCG_STATUS, which are messages to the handler.
 */
final class ContextRegisters {
    static final int RIP = Gpr.COUNT;
    static final int RFLAGS = RIP + 1;
    static final int CS = RFLAGS + 1;
    static final int SS = CS + 1;
    /** Segment registers behind CS and SS, in the order of their values. */
    private static final int[] DATA = {Segment.DS, Segment.ES, Segment.FS, Segment.GS};

    private static final int FS_BASE = SS + 1 + DATA.length;
    private static final int GS_BASE = FS_BASE + 1;
    private static final int CR2 = GS_BASE + 1;
    private static final int SYSTEM = CR2 + 1;
    /** The rest of the eight segment registers: a value of limit and rights each, bases but FS's and GS's, LDTR and TR. */
    private static final int HIDDEN = SYSTEM + SystemRegisters.NAMES.size();

    private static final int BASES = HIDDEN + Segment.COUNT;
    private static final int[] OTHER_BASES = {Segment.ES, Segment.CS, Segment.SS, Segment.DS, Segment.LDTR, Segment.TR};
    private static final int LDTR = BASES + OTHER_BASES.length;
    private static final int TR = LDTR + 1;
    /** Even, so that a digest takes them in pairs. */
    static final int COUNT = TR + 2 & ~1;

    /** The registers' names in the order of the values. */
    static final List<String> NAMES = names();

    private ContextRegisters() {}

    private static List<String> names() {
        List<String> names = new ArrayList<>(Gpr.NAMES);
        names.addAll(List.of("rip", "rflags", "cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base", "cr2"));
        names.addAll(SystemRegisters.NAMES);
        Segment.NAMES.forEach(name -> names.add(name + "_limit_and_rights"));
        for (int segment : OTHER_BASES) {
            names.add(Segment.NAMES.get(segment) + "_base");
        }
        names.addAll(List.of("ldtr", "tr"));
        return List.copyOf(names);
    }

    /** The context the processor is in. */
    static void current(CpuState state, long[] into, int at) {
        System.arraycopy(state.gpr, 0, into, at, Gpr.COUNT);
        into[at + RIP] = state.rip;
        into[at + RFLAGS] = state.rflags & ~Rflags.RF;
        into[at + CS] = state.selector(Segment.CS);
        into[at + SS] = state.selector(Segment.SS);
        for (int i = 0; i < DATA.length; i++) {
            into[at + SS + 1 + i] = state.selector(DATA[i]);
        }
        into[at + FS_BASE] = state.segments.base[Segment.FS];
        into[at + GS_BASE] = state.segments.base[Segment.GS];
        into[at + CR2] = state.cr2;
        SystemRegisters.collect(state, into, at + SYSTEM);
        into[at + SYSTEM + SystemRegisters.DR6] = 0;
        into[at + SYSTEM + SystemRegisters.MCG_STATUS] = 0;
        for (int i = 0; i < Segment.COUNT; i++) {
            into[at + HIDDEN + i] = state.segments.limit[i] << 32 | state.segments.rights[i];
        }
        for (int i = 0; i < OTHER_BASES.length; i++) {
            into[at + BASES + i] = state.segments.base[OTHER_BASES[i]];
        }
        into[at + LDTR] = state.selector(Segment.LDTR);
        into[at + TR] = state.selector(Segment.TR);
    }

    /**
     * The context an event interrupted, as far as the event tells; {@code state} is at the handler's first instruction. The
     * hidden parts of CS and SS are the handler's.
     */
    static void interrupted(CpuState state, DeliveredEvent event, long[] into, int at) {
        current(state, into, at);
        into[at + Gpr.RSP] = event.fromRsp();
        into[at + RIP] = event.fromRip();
        into[at + RFLAGS] = event.fromRflags() & ~Rflags.RF;
        into[at + CS] = event.fromCs();
        into[at + SS] = event.fromSs();
    }
}
