package io.github.nmi64.monitor;

import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import io.github.nmi64.trace.TraceSink;

/** Counts what happened to NMIs. */
public final class EventCounter implements TraceSink {
    private long asserted;
    private long latched;
    private long merged;
    private long delivered;

    /** Rising edges of the NMI line. */
    public long asserted() {
        return asserted;
    }

    /** Edges that set the latch. */
    public long latched() {
        return latched;
    }

    /** Edges that found the latch set. */
    public long merged() {
        return merged;
    }

    /** Completed NMI deliveries. */
    public long delivered() {
        return delivered;
    }

    @Override
    public void nmiAsserted(CpuState state, long cycle, long retired) {
        asserted++;
    }

    @Override
    public void nmiLatched(CpuState state, long cycle, long retired) {
        latched++;
    }

    @Override
    public void nmiMerged(CpuState state, long cycle, long retired) {
        merged++;
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        if (event.type() == EventType.NMI) {
            delivered++;
        }
    }
}
