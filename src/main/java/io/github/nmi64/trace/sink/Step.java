package io.github.nmi64.trace.sink;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import org.jspecify.annotations.Nullable;

/**
 * One executed instruction: the registers before and after it and what it wrote. A repeated string instruction is one step
 * from its first iteration to its last, or to the event that interrupts it. Mutable and reused for every instruction.
 */
final class Step {
    /** The part of the processor's state a trace line shows. */
    static final class Registers {
        final long[] gpr = new long[Gpr.COUNT];
        long rip;
        long rflags;
        int cs;
        int ss;
        int cpl;
        boolean pin;
        boolean latched;
        boolean blocked;

        void copyFrom(CpuState state) {
            System.arraycopy(state.gpr, 0, gpr, 0, gpr.length);
            rip = state.rip;
            rflags = state.rflags;
            cs = state.selector(Segment.CS);
            ss = state.selector(Segment.SS);
            cpl = state.cpl;
            pin = state.interrupts.nmiLine;
            latched = state.interrupts.nmiLatched;
            blocked = state.interrupts.nmiBlocked;
        }
    }

    final Registers before = new Registers();
    final Registers after = new Registers();
    final Writes writes = new Writes();
    /** Instructions retired before it. */
    long n;
    /** Clock when it began. */
    long cycle;
    /** Completed iterations; 1 for what is not repeated. */
    int iterations;

    private @Nullable Instruction instruction;

    void begin(CpuState state, Instruction begun, long clock, long retired) {
        before.copyFrom(state);
        writes.clear();
        instruction = begun;
        n = retired;
        cycle = clock;
        iterations = 0;
    }

    void completed(CpuState state) {
        after.copyFrom(state);
        iterations++;
    }

    Instruction instruction() {
        if (instruction == null) {
            throw new IllegalStateException("no instruction has begun");
        }
        return instruction;
    }
}
