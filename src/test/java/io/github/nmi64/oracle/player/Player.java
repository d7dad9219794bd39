package io.github.nmi64.oracle.player;

import io.github.nmi64.cpu.Arrivals;
import io.github.nmi64.cpu.EventInputs;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.ScheduledArrivals;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.Tee;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Throws events at the program of a fixture, and has a {@link Judge} follow what becomes of it. Boundaries are counted from
 * the first at which the fixture lets events arrive.
 */
public final class Player {
    /** Steps after which a run is given up. */
    static final int MOST_STEPS = 10_000;

    /** An event before the step that begins at a boundary. */
    record Strike(int boundary, InjectedEvent kind) {}

    /**
     * What a schedule came to.
     *
     * @param boundaries number of the last boundary at which events could arrive
     * @param struck how many of the events could be raised where they were planned
     * @param doubts how often somebody passed the program's place in another state and it came back all the same
     */
    record Play(Optional<Damage> damage, int boundaries, int struck, int doubts) {}

    private final Fixture fixture;
    private final Declared declared;
    private final Machine machine;
    private final TracedMemory memory;
    private final StepRecorder recorder;
    private final Undisturbed undisturbed;
    private final Machine.Snapshot reset;
    private final Machine.Snapshot opening;
    private final int openingMark;

    /** @throws IllegalArgumentException if the undisturbed run does not end, or no boundary of it is in the window */
    public Player(Fixture fixture) {
        this.fixture = fixture;
        declared = new Declared(fixture);
        RunOptions options = RunOptions.defaults(CostModel.UNIT).withSchedule(Schedule.EMPTY);
        machine = new FixtureRun(fixture, options).machine();
        memory = new TracedMemory(fixture.image());
        recorder = new StepRecorder(memory);
        machine.cpu().sink(recorder);
        machine.cpu().begin(Long.MAX_VALUE, Long.MAX_VALUE);
        reset = machine.snapshot();
        undisturbed = new Undisturbed(machine, recorder, declared.window());
        if (undisturbed.firstOpen() < 0) {
            throw new IllegalArgumentException("the undisturbed run never comes to the window");
        }
        machine.restore(reset);
        memory.undo(0);
        for (int i = 0; i < undisturbed.firstOpen(); i++) {
            recorder.begin();
            machine.cpu().step();
        }
        opening = machine.snapshot();
        openingMark = memory.mark();
    }

    /** Boundaries of the undisturbed run at which an event may arrive first. */
    List<Integer> window() {
        return IntStream.range(undisturbed.firstOpen(), undisturbed.last() + 1)
                .filter(undisturbed::isOpen)
                .map(boundary -> boundary - undisturbed.firstOpen())
                .boxed()
                .toList();
    }

    /** Plays events at boundaries in ascending order; one that cannot be raised where it is planned is left out. */
    Play play(List<Strike> strikes) {
        machine.restore(opening);
        memory.undo(openingMark);
        machine.cpu().arrivals(Arrivals.NONE);
        Judge judge = new Judge(undisturbed, declared, machine, memory, recorder, undisturbed.firstOpen());
        int next = 0;
        int struck = 0;
        int open = 0;
        boolean goesOn = true;
        for (int boundary = 0; goesOn; boundary++) {
            if (judge.isOpen()) {
                open = boundary;
                for (; next < strikes.size() && strikes.get(next).boundary() <= boundary; next++) {
                    struck += raise(strikes.get(next).kind(), judge) ? 1 : 0;
                }
            }
            goesOn = judge.step();
            if (goesOn && boundary == MOST_STEPS) {
                judge.giveUp(MOST_STEPS);
                goesOn = false;
            }
        }
        return new Play(judge.damage(), open, struck, judge.doubts());
    }

    /** Plays a schedule from reset, as {@code nmi64 run} would. */
    Play replay(Schedule schedule) {
        machine.restore(reset);
        memory.undo(0);
        var arrivals = new ScheduledArrivals(
                schedule, this::address, OptionalLong.empty(), new ScheduledArrivals.Horizon(undisturbed.last(), 0));
        machine.cpu().sink(arrivals.wantsInstructions() ? Tee.of(recorder, arrivals) : recorder);
        machine.cpu().arrivals(arrivals);
        Judge judge = new Judge(undisturbed, declared, machine, memory, recorder, 0);
        int steps = 0;
        int most = undisturbed.last() + MOST_STEPS;
        while (judge.step()) {
            if (++steps == most) {
                judge.giveUp(most);
                break;
            }
        }
        int struck = schedule.injections().size() - arrivals.unfired().size();
        machine.cpu().sink(recorder);
        return new Play(judge.damage(), 0, struck, judge.doubts());
    }

    private long address(When when) {
        if (when instanceof When.AtSymbol at) {
            return fixture.image().symbols().resolve(at.symbol()) + at.offset();
        }
        throw new IllegalArgumentException("no address in " + when.text());
    }

    private boolean raise(InjectedEvent kind, Judge judge) {
        InterruptState interrupts = machine.state().interrupts;
        EventInputs inputs = machine.cpu().inputs();
        boolean inRegion = declared.isInRegion(kind, machine.state().rip);
        switch (kind.event()) {
            case NMI -> {
                if (!interrupts.nmiLatched) {
                    inputs.latchNmi();
                    return true;
                }
            }
            case MCE -> {
                if (!interrupts.machineCheck && inRegion && !judge.isInMachineCheck()) {
                    inputs.machineCheck();
                    return true;
                }
            }
            case DB -> {
                if (!interrupts.debugTrap && inRegion) {
                    inputs.debugTrap();
                    return true;
                }
            }
            case INT3 -> {
                boolean due = interrupts.machineCheck
                        || interrupts.debugTrap
                        || interrupts.debugStatus != 0
                        || interrupts.stepping
                        || interrupts.nmiLatched && !interrupts.nmiBlocked;
                if (!due && inRegion && machine.state().activity == Activity.ACTIVE) {
                    inputs.injectInt3();
                    return true;
                }
            }
            case INTR -> {
                inputs.interrupt(kind.vector());
                return true;
            }
            case IRET_FAULT -> {
                // its handler may rightly send the program elsewhere
            }
        }
        return false;
    }
}
