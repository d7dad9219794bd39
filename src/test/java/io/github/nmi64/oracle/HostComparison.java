package io.github.nmi64.oracle;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.op.SingleInstruction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs cases on a host CPU and in the emulator and compares everything they did. A difference that lies in an {@link
 * OpenPoint} is no error; it is told at the end of the run as a habit of the host.
 */
public final class HostComparison implements Reducer.Trial {
    private static final int TRIES = 3;

    private final HostCpu host;
    private final HostHabits habits;
    private final SingleInstruction emulator;
    private final SingleInstruction otherVendor;
    private int compared;
    private int completed;
    private int refused;

    /** A comparison with a host whose habits have been measured. */
    public HostComparison(HostCpu host, HostHabits habits) {
        this.host = host;
        this.habits = habits;
        boolean amd = habits.vendor() == Vendor.AMD;
        this.emulator = new SingleInstruction(habits.vendor());
        this.otherVendor = new SingleInstruction(amd ? Vendor.INTEL : Vendor.AMD);
    }

    /** Runs the cases on both sides; those that differ come back, in order. */
    public List<Comparison> differences(List<CpuCase> cases) throws IOException {
        List<CpuOutcome> outcomes = host.run(cases);
        List<Comparison> differing = new ArrayList<>();
        for (int i = 0; i < outcomes.size(); i++) {
            Comparison comparison = judge(cases.get(i), outcomes.get(i));
            if (comparison.differs()) {
                differing.add(comparison);
            }
        }
        return differing;
    }

    @Override
    public Comparison compare(CpuCase request) throws IOException {
        return comparison(request, host.run(request));
    }

    @Override
    public boolean excuses(Comparison comparison) {
        return !isComparable(comparison) || reason(comparison).isPresent();
    }

    private Comparison judge(CpuCase request, CpuOutcome outcome) throws IOException {
        Comparison comparison = comparison(request, outcome);
        if (!isComparable(comparison)) {
            refused += outcome.status == CpuOutcome.REFUSED ? 1 : 0;
            return comparison.excused();
        }
        compared++;
        completed += comparison.host().faulted() ? 0 : 1;
        Optional<OpenPoint> reason = reason(comparison);
        reason.ifPresent(point -> habits.seen(point, comparison));
        return reason.isPresent() ? comparison.excused() : comparison;
    }

    /** A loaded machine may let a case look as if it would never end, so one that crashed is run again. */
    private Comparison comparison(CpuCase request, CpuOutcome outcome) throws IOException {
        CpuOutcome last = outcome;
        for (int i = 1; i < TRIES && last.status == CpuOutcome.CRASHED; i++) {
            last = host.run(request);
        }
        return Comparison.of(request, last, emulator.run(request));
    }

    /** Not what the oracle never executes, nor bases in the upper half where the kernel takes none from programs. */
    private static boolean isComparable(Comparison comparison) {
        boolean upperBase = comparison.request().fsBase < 0 || comparison.request().gsBase < 0;
        int status = comparison.host().status;
        return status != CpuOutcome.REFUSED && !(status == CpuOutcome.BAD_REQUEST && upperBase);
    }

    /** The open point that explains the difference; empty if there is none, or no difference. */
    private Optional<OpenPoint> reason(Comparison comparison) {
        if (!comparison.differs()) {
            return Optional.empty();
        }
        Optional<Instruction> instruction = comparison.instruction();
        for (OpenPoint point : OpenPoint.values()) {
            if (instruction.isPresent() && point.explains(comparison, instruction.get(), this)) {
                return Optional.of(point);
            }
        }
        return Optional.empty();
    }

    /** What the host has been found to do. */
    HostHabits habits() {
        return habits;
    }

    /** The emulator by the rules of the vendor the host was found to follow. */
    SingleInstruction emulator() {
        return emulator;
    }

    /** The emulator by the other vendor's rules. */
    SingleInstruction otherVendor() {
        return otherVendor;
    }

    /** Cases compared so far. */
    public int compared() {
        return compared;
    }

    /** Those of them that the host ended without an exception. */
    public int completed() {
        return completed;
    }

    /** Cases the oracle did not execute. */
    public int refused() {
        return refused;
    }
}
