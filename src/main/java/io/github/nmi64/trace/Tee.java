package io.github.nmi64.trace;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.CpuState;

/** Two sinks as one. */
public final class Tee implements TraceSink {
    private final TraceSink first;
    private final TraceSink second;

    /** Forwards everything to each sink, in this order. */
    public static TraceSink of(TraceSink first, TraceSink... others) {
        TraceSink all = first;
        for (TraceSink other : others) {
            all = other == TraceSink.NONE ? all : all == TraceSink.NONE ? other : new Tee(all, other);
        }
        return all;
    }

    private Tee(TraceSink first, TraceSink second) {
        this.first = first;
        this.second = second;
    }

    @Override
    public boolean wantsInstructions() {
        return first.wantsInstructions() || second.wantsInstructions();
    }

    @Override
    public boolean wantsMemory() {
        return first.wantsMemory() || second.wantsMemory();
    }

    @Override
    public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
        first.executing(state, instruction, cycle, retired);
        second.executing(state, instruction, cycle, retired);
    }

    @Override
    public void executed(CpuState state, Instruction instruction) {
        first.executed(state, instruction);
        second.executed(state, instruction);
    }

    @Override
    public void memoryWritten(long address, int size, long value) {
        first.memoryWritten(address, size, value);
        second.memoryWritten(address, size, value);
    }

    @Override
    public void nmiAsserted(CpuState state, long cycle, long retired) {
        first.nmiAsserted(state, cycle, retired);
        second.nmiAsserted(state, cycle, retired);
    }

    @Override
    public void nmiLatched(CpuState state, long cycle, long retired) {
        first.nmiLatched(state, cycle, retired);
        second.nmiLatched(state, cycle, retired);
    }

    @Override
    public void nmiMerged(CpuState state, long cycle, long retired) {
        first.nmiMerged(state, cycle, retired);
        second.nmiMerged(state, cycle, retired);
    }

    @Override
    public void raised(CpuState state, EventType type, int vector, long cycle, long retired) {
        first.raised(state, type, vector, cycle, retired);
        second.raised(state, type, vector, cycle, retired);
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        first.delivered(state, event, cycle, retired);
        second.delivered(state, event, cycle, retired);
    }

    @Override
    public void lost(CpuState state, EventType type, int vector, long cycle, long retired) {
        first.lost(state, type, vector, cycle, retired);
        second.lost(state, type, vector, cycle, retired);
    }

    @Override
    public void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
        first.iretBegins(state, unblocks, cycle, retired);
        second.iretBegins(state, unblocks, cycle, retired);
    }

    @Override
    public void iretCompleted(CpuState state, long cycle, long retired) {
        first.iretCompleted(state, cycle, retired);
        second.iretCompleted(state, cycle, retired);
    }

    @Override
    public void woken(CpuState state, long cycle, long retired) {
        first.woken(state, cycle, retired);
        second.woken(state, cycle, retired);
    }

    @Override
    public void shutdown(CpuState state, String cause, long cycle, long retired) {
        first.shutdown(state, cause, cycle, retired);
        second.shutdown(state, cause, cycle, retired);
    }
}
