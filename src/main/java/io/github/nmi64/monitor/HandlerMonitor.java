package io.github.nmi64.monitor;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.TraceSink;

/**
 * Counts the runs of a handler body. A run lasts from its first instruction to its last one; entering the body again before
 * that is re-entry, not another run.
 */
public final class HandlerMonitor implements TraceSink {
    private final long first;
    private final long last;
    private long runs;
    private long reentries;
    private boolean inside;

    /** Watches the body from the instruction at {@code first} to the one at {@code last}, both linear addresses. */
    public HandlerMonitor(long first, long last) {
        this.first = first;
        this.last = last;
    }

    /** How often the body was entered from outside. */
    public long runs() {
        return runs;
    }

    /** How often the body was entered while a run had not ended. */
    public long reentries() {
        return reentries;
    }

    @Override
    public boolean wantsInstructions() {
        return true;
    }

    @Override
    public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
        if (state.rip == first) {
            if (inside) {
                reentries++;
            } else {
                runs++;
            }
            inside = true;
        }
        if (state.rip == last) {
            inside = false;
        }
    }
}
