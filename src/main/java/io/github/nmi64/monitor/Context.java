package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.Delivered;
import java.util.ArrayList;
import java.util.List;

/** What an interrupted program owns: everything it can notice if the handler does not put it back. */
final class Context {
    /** One register with two values. */
    record Difference(String register, String text) {}

    private static final List<String> NAMES = names();

    private final long[] values;

    private Context(CpuState state, long rsp, long rip, long rflags, int cs, int ss) {
        long[] all = new long[NAMES.size()];
        System.arraycopy(state.gpr, 0, all, 0, Gpr.COUNT);
        all[Gpr.RSP] = rsp;
        int i = Gpr.COUNT;
        all[i++] = rip;
        all[i++] = rflags & ~Rflags.RF; // RF belongs to the resumption, not to the program
        all[i++] = cs;
        all[i++] = ss;
        all[i++] = state.selector(Segment.DS);
        all[i++] = state.selector(Segment.ES);
        all[i++] = state.selector(Segment.FS);
        all[i++] = state.selector(Segment.GS);
        all[i++] = state.segments.base[Segment.FS];
        all[i++] = state.segments.base[Segment.GS];
        all[i++] = state.kernelGsBase;
        all[i] = state.cr2;
        values = all;
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>(Gpr.NAMES);
        names.addAll(List.of("rip", "rflags", "cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base"));
        names.addAll(List.of("kernel_gs_base", "cr2"));
        return List.copyOf(names);
    }

    /** The context an event interrupted; {@code state} is at the handler's first instruction. */
    static Context interrupted(CpuState state, Delivered event) {
        return new Context(state, event.fromRsp(), event.fromRip(), event.fromRflags(), event.fromCs(), event.fromSs());
    }

    /** The context the processor is in now. */
    static Context current(CpuState state) {
        return new Context(
                state,
                state.gpr[Gpr.RSP],
                state.rip,
                state.rflags,
                state.selector(Segment.CS),
                state.selector(Segment.SS));
    }

    long rip() {
        return values[Gpr.COUNT];
    }

    /** What differs in {@code now}, in register order. */
    List<Difference> differences(Context now) {
        List<Difference> found = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] != now.values[i]) {
                String name = NAMES.get(i);
                found.add(
                        new Difference(name, name + " was " + Hex.of(values[i]) + " and is " + Hex.of(now.values[i])));
            }
        }
        return found;
    }
}
