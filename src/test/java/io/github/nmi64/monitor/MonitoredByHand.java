package io.github.nmi64.monitor;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A processor that executes nothing: a test moves its state from boundary to boundary and tells the monitor, as a run does. */
abstract class MonitoredByHand {
    final CpuState state = new CpuState();
    final Core core = new Core(state, new PhysicalMemory(0), Rules.INTEL, CostModel.UNIT);
    /** Quadwords; what is not here is not mapped. */
    final Map<Long, Long> memory = new HashMap<>();
    /** What stands at RIP, if a test cares. */
    @Nullable
    Instruction code;

    InvariantMonitor monitor = monitor("");

    InvariantMonitor monitor(String directives) {
        return new InvariantMonitor(
                core,
                Directives.parse("test", directives, SymbolTable.EMPTY),
                SymbolTable.EMPTY,
                address -> memory.containsKey(address) ? OptionalLong.of(memory.get(address)) : OptionalLong.empty(),
                address -> Optional.ofNullable(code));
    }

    /** The program runs here, at CPL 0. */
    void program(long rip, long rsp, long rflags) {
        at(rip, rsp);
        state.rflags = rflags;
        state.segments.selector[Segment.CS] = 8;
        state.segments.selector[Segment.SS] = 0x10;
    }

    void at(long rip, long rsp) {
        state.rip = rip;
        state.gpr[Gpr.RSP] = rsp;
    }

    /** An event without error code enters its handler and pushes this frame. */
    void deliver(EventType type, int vector, int ist, long handler, long frame) {
        deliver(type, vector, false, ist, handler, frame);
    }

    void deliver(EventType type, int vector, boolean hasErrorCode, int ist, long handler, long frame) {
        DeliveredEvent event = new DeliveredEvent(
                type,
                vector,
                hasErrorCode,
                0,
                ist,
                state.rip,
                state.selector(Segment.CS),
                state.gpr[Gpr.RSP],
                state.rflags,
                state.selector(Segment.SS),
                frame);
        at(handler, frame);
        state.rflags = Rflags.FIXED;
        monitor.delivered(state, event, 0, core.retired);
    }
}
