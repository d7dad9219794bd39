package io.github.nmi64.oracle;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** nmi64's side of a comparison: its run as lines, made while they are asked for. */
final class OwnRun implements MachineOracle.Run, TraceSink {
    private final FixtureRun run;
    private final ChangedMemory memory;
    private final Queue<MachineLine> lines = new ArrayDeque<>();
    private MachineLine.@Nullable Executed open;
    private MachineLine.@Nullable Event software;
    private boolean executing;
    private boolean iterated;
    private boolean running = true;

    OwnRun(MachineImage image, Schedule schedule, long maxInstructions) {
        run = new FixtureRun(
                image.fixture(),
                RunOptions.defaults(CostModel.UNIT)
                        .withSchedule(schedule)
                        .withMaxInstructions(maxInstructions)
                        .withMaxCycles(maxInstructions * FixtureRun.DEFAULT_CYCLES_PER_INSTRUCTION));
        memory = new ChangedMemory(image, run.machine());
        run.begin(this);
    }

    @Override
    public boolean hasNext() {
        while (lines.isEmpty() && running) {
            running = run.step();
            if (!running) {
                interrupt();
                lines.add(ended());
            }
        }
        return !lines.isEmpty();
    }

    @Override
    public MachineLine next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return lines.remove();
    }

    @Override
    public void close() {
        running = false;
    }

    private MachineLine.Ended ended() {
        RunReport report = run.report();
        Long exit = report.ended() == Outcome.EXIT ? report.exitValue().orElseThrow() : null;
        return new MachineLine.Ended(
                report.ended().name().toLowerCase(Locale.ROOT),
                exit,
                report.serial() + "|" + report.console(),
                memory.find(),
                report.refused().map(RunReport.Refused::what).orElse(""));
    }

    @Override
    public boolean wantsInstructions() {
        return true;
    }

    @Override
    public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
        executing = true;
        if (open == null) {
            iterated = false;
            open = new MachineLine.Executed(
                    retired,
                    state.rip,
                    Arrays.copyOf(state.gpr, Gpr.COUNT),
                    state.rflags,
                    state.selector(Segment.CS),
                    state.selector(Segment.SS),
                    state.cpl,
                    state.interrupts.nmiLatched,
                    state.interrupts.nmiBlocked,
                    memory.find());
        }
    }

    @Override
    public void executed(CpuState state, Instruction instruction) {
        executing = false;
        iterated = true;
        if (!state.interrupts.repeating) {
            close(true);
        }
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        boolean ofInstruction = executing && event.type().isRaisedByInstruction();
        if (ofInstruction) {
            software = line(event, retired + 1); // the instruction has retired by the time its handler begins
        } else {
            interrupt();
            lines.add(line(event, retired));
        }
    }

    /** Something else than its own completion ends the open instruction. */
    private void interrupt() {
        close(iterated);
    }

    private void close(boolean shown) {
        if (open != null && shown) {
            lines.add(open);
            memory.shown();
        }
        if (software != null) {
            lines.add(software);
        }
        open = null;
        software = null;
        executing = false;
    }

    private static MachineLine.Event line(DeliveredEvent event, long retired) {
        return new MachineLine.Event(
                retired,
                event.vector(),
                event.hasErrorCode() ? Integer.toUnsignedLong(event.errorCode()) : null,
                event.frame(),
                new long[] {
                    event.fromRip(), event.fromCs(), event.fromRflags(), event.fromRsp(), event.fromSs(),
                });
    }
}
