package io.github.nmi64.trace.sink;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings a run into the order of a written trace: each instruction once, with everything it wrote, followed by the events
 * that happened while it executed.
 *
 * <p>The line of an instruction is written when its end is known. Iterations of a repeated string instruction are one line;
 * if an event is delivered between two of them, the line ends there and the instruction gets another when it resumes.
 * Stores of deliveries belong to no instruction, except those of a software interrupt.
 *
 * <p>Every method may throw {@link UncheckedIOException} if the writer fails. {@link #finish} must be called at the end.
 */
public abstract class StepTrace implements TraceSink {

    /** How an instruction's step ended. */
    enum End {
        /** It retired. */
        RETIRED,
        /** A repeated string instruction that will resume; some iterations are done. */
        INTERRUPTED,
        /** It faulted; nothing was committed. */
        FAULTED,
        /** The emulator does not implement it; nothing was committed. */
        UNSUPPORTED
    }

    private final Writer writer;
    private final Step step = new Step();
    private final List<TraceEvent> during = new ArrayList<>();
    private boolean open;
    private boolean executing;
    private boolean blockedIret;

    StepTrace(Writer writer) {
        this.writer = writer;
    }

    /** Text of a step, with its line ends; empty if this trace does not show it. */
    abstract String text(Step ended, End end) throws IOException;

    /** Text of an event, with its line ends; empty if this trace does not show it. */
    abstract String text(TraceEvent event) throws IOException;

    /** Writes what is still held back and flushes the writer, which stays open. */
    public final void finish() {
        if (open) {
            close(executing ? End.UNSUPPORTED : End.INTERRUPTED);
        }
        try {
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public final boolean wantsInstructions() {
        return true;
    }

    @Override
    public final boolean wantsMemory() {
        return true;
    }

    @Override
    public final void executing(CpuState state, Instruction instruction, long cycle, long retired) {
        if (open && !state.interrupts.repeating) {
            close(End.INTERRUPTED); // its iterations ended without word of it; this instruction has a line of its own
        }
        if (!open) {
            step.begin(state, instruction, cycle, retired);
            open = true;
        }
        step.writes.mark();
        executing = true;
    }

    @Override
    public final void executed(CpuState state, Instruction instruction) {
        executing = false;
        step.completed(state);
        if (!state.interrupts.repeating) {
            close(End.RETIRED);
        }
    }

    @Override
    public final void memoryWritten(long address, int size, long value) {
        if (executing) {
            step.writes.add(address, size, value);
        }
    }

    @Override
    public final void nmiAsserted(CpuState state, long cycle, long retired) {
        note(TraceEvent.of(TraceEvent.Kind.ASSERT, state, state.rip, cycle, retired, ""));
    }

    @Override
    public final void nmiLatched(CpuState state, long cycle, long retired) {
        note(TraceEvent.of(TraceEvent.Kind.LATCH, state, state.rip, cycle, retired, ""));
    }

    @Override
    public final void nmiMerged(CpuState state, long cycle, long retired) {
        note(TraceEvent.of(TraceEvent.Kind.MERGE, state, state.rip, cycle, retired, ""));
    }

    @Override
    public final void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
        blockedIret = !unblocks && state.interrupts.nmiBlocked;
        if (unblocks) {
            noteUnblocking(state, cycle, retired);
        }
    }

    @Override
    public final void iretCompleted(CpuState state, long cycle, long retired) {
        if (blockedIret && !state.interrupts.nmiBlocked) {
            noteUnblocking(state, cycle, retired);
        }
    }

    private void noteUnblocking(CpuState state, long cycle, long retired) {
        long iret = open ? step.before.rip : state.rip;
        note(TraceEvent.of(TraceEvent.Kind.IRET_UNBLOCKS, state, iret, cycle, retired, ""));
    }

    @Override
    public final void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        TraceEvent told = TraceEvent.of(state, event, cycle, retired);
        boolean ofInstruction = event.type().isRaisedByInstruction();
        if (ofInstruction && executing) {
            during.add(told);
        } else {
            interrupt();
            write(told);
        }
    }

    @Override
    public final void woken(CpuState state, long cycle, long retired) {
        note(TraceEvent.of(TraceEvent.Kind.WAKE, state, state.rip, cycle, retired, ""));
    }

    @Override
    public final void shutdown(CpuState state, String cause, long cycle, long retired) {
        interrupt();
        write(TraceEvent.of(TraceEvent.Kind.SHUTDOWN, state, state.rip, cycle, retired, cause));
    }

    /** An event that does not end the instruction comes after its line. */
    private void note(TraceEvent event) {
        if (open) {
            during.add(event);
        } else {
            write(event);
        }
    }

    /** Something else than its own completion ends the open instruction. */
    private void interrupt() {
        if (open) {
            if (executing) {
                step.writes.backToMark(); // the frame of the exception, and what was stored before the fault
            }
            close(step.iterations > 0 ? End.INTERRUPTED : End.FAULTED);
        }
    }

    private void close(End end) {
        open = false;
        executing = false;
        try {
            writer.write(text(step, end));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        during.forEach(this::write);
        during.clear();
    }

    private void write(TraceEvent event) {
        try {
            writer.write(text(event));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
