package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.run.DifferenceTeller;
import io.github.nmi64.run.EndOfRun;
import io.github.nmi64.run.EndResult;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.FootprintScope;
import io.github.nmi64.run.MachineFootprint;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.StateIdentity;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.TraceSink;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A machine that walks along the paths of a search: makes steps, asserts events, judges what it meets. One thread each. */
final class Walker {
    private final FixtureRun run;
    private final Machine machine;
    private final InvariantMonitor monitor;
    private final DeadStackSlots dead;
    private final StateIdentity identity;
    private final MachineFootprint footprint;
    private final SearchState search;
    private final EventChoice[] choices;
    private boolean readsStatus;
    private final long[] gpr;

    /** A machine and what its monitor remembers, at one boundary. */
    static final class Snapshot {
        private final Machine.Snapshot machine;
        private final InvariantMonitor.Snapshot memory = new InvariantMonitor.Snapshot();

        private Snapshot(Walker walker) {
            machine = walker.machine.snapshot();
            walker.monitor.snapshot(memory);
        }
    }

    Walker(SearchState search, TraceSink extra) {
        this(search, extra, null);
    }

    /** @param teller names what an event has left behind; null if nobody asks */
    Walker(SearchState search, TraceSink extra, @Nullable DifferenceTeller teller) {
        this.search = search;
        Fixture fixture = search.fixture;
        CheckOptions options = search.options;
        RunOptions limits = RunOptions.defaults(options.costs())
                .withSchedule(Schedule.EMPTY)
                .withMaxInstructions(Long.MAX_VALUE)
                .withMaxCycles(Long.MAX_VALUE);
        run = new FixtureRun(fixture, search.boot, limits);
        machine = run.machine();
        monitor = run.monitor();
        gpr = machine.state().gpr;
        footprint = run.watchInterference(search.lessons, teller);
        dead = new DeadStackSlots(machine, monitor, fixture, search.live);
        identity = new StateIdentity(machine, monitor, fixture.directives().check(), search.withTime);
        List<InjectedEvent> kinds = options.events();
        choices = new EventChoice[kinds.size()];
        for (int i = 0; i < choices.length; i++) {
            choices[i] = new EventChoice(kinds.get(i), fixture.directives().check(), machine, monitor);
        }
        run.begin(extra);
    }

    Machine machine() {
        return machine;
    }

    InvariantMonitor monitor() {
        return monitor;
    }

    StateIdentity identity() {
        return identity;
    }

    int choices() {
        return choices.length;
    }

    EventChoice choice(int kind) {
        return choices[kind];
    }

    /** Makes one step and lets what it has popped die. False if the guest has ended. */
    boolean step() {
        long rsp = gpr[Gpr.RSP];
        int contexts = monitor.interruptedContexts();
        boolean open = monitor.isOpen();
        boolean away = monitor.isAway();
        boolean goesOn = run.step();
        if (machine.core().statusRead) {
            noteStatusRead(away);
        }
        dead.stepped(rsp, contexts);
        if (away && !monitor.isAway() && !monitor.hasFound()) {
            footprint.bury(search.live::lacks);
        } else if (!open && monitor.isOpen()) {
            dead.leaveAll(gpr[Gpr.RSP]);
            monitor.takeFootprint();
            footprint.returned();
            footprint.bury(search.live::lacks);
        }
        return goesOn;
    }

    /** A program that reads what the processor tells handlers of debug exceptions and machine checks, and is none. */
    private void noteStatusRead(boolean away) {
        machine.core().statusRead = false;
        if (!away && !monitor.isHandling(Vector.DB) && !monitor.isHandling(Vector.MC)) {
            readsStatus = !search.lessons.isCompared(FootprintScope.STATUS_REGISTERS);
        }
    }

    /** True if something is broken, or a byte was read that was taken for dead. */
    boolean mustStop() {
        return monitor.hasFound()
                || !machine.memory().marks().deadReads().isEmpty()
                || readsStatus
                || !machine.memory().marks().uncomparedReads().isEmpty()
                || !machine.memory().marks().unusedReads().isEmpty();
    }

    /**
     * Looks at what the program has read that was not compared when it went on. True if some of it is to be compared from now
     * on, so that the search starts anew; what is declared is only remembered.
     */
    boolean hasReadUncompared() {
        Set<Long> quadwords = machine.memory().marks().uncomparedReads();
        boolean isNew = readsStatus;
        if (readsStatus) {
            search.lessons.toCompare.add(FootprintScope.STATUS_REGISTERS);
            readsStatus = false;
        }
        for (long quadword : quadwords) {
            boolean isDeclared = footprint.isDeclared(quadword);
            if (isDeclared || !footprint.isImmaterial(quadword)) {
                (isDeclared ? search.lessons.declaredReads : search.lessons.toCompare).add(quadword);
                isNew |= !isDeclared;
            }
        }
        quadwords.clear();
        Set<Long> unused = machine.memory().marks().unusedReads();
        isNew |= !unused.isEmpty();
        search.lessons.toCompareWhileUnused.add(unused);
        unused.clear();
        return isNew;
    }

    /** Makes steps that are known to go on. */
    void advance(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
        }
    }

    /** The end of the run that nothing interrupts, which is known to end. */
    EndResult undisturbedEnd() {
        while (step()) {
            // on to the end
        }
        return EndResult.of(machine);
    }

    Snapshot snapshot() {
        return new Snapshot(this);
    }

    void restore(Snapshot snapshot) {
        machine.restore(snapshot.machine);
        monitor.restore(snapshot.memory);
        run.restored();
    }

    /** True if nothing is interrupted and no NMI waits, for its handler or behind a blocking that nothing ends. */
    boolean isUndisturbed() {
        InterruptState interrupts = machine.state().interrupts;
        return monitor.interruptedContexts() == 0
                && !monitor.isAway()
                && !monitor.owesHandler()
                && !(interrupts.nmiLatched && interrupts.nmiBlocked);
    }

    /** What is wrong with how the guest has ended, if something is. */
    Optional<Violation> judgeEnd() {
        return new EndOfRun(run).inSearch(search.undisturbed());
    }
}
