package io.github.nmi64.oracle.peer;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** nmi64's run of a fixture, boundary by boundary, with the schedule of the fixture. */
final class OwnBoundaries {
    /** More boundaries than this are not kept: no fixture of the bundle comes near. */
    private static final int MOST_BOUNDARIES = 200_000;

    /**
     * A boundary.
     *
     * @param registers the registers there
     * @param raised what the schedule raises there
     * @param ofEvent an NMI or interrupt has just been delivered
     * @param ofDebugTrap a debug trap has just been delivered
     * @param halted HLT has executed
     * @param repeating a repeated string instruction is between two iterations
     * @param shadowed STI or MOV SS holds events back
     * @param nmiWaits an NMI is latched
     * @param nmiBlocked NMIs are blocked
     * @param executed mnemonic of the instruction or iteration that has just executed, or nothing
     * @param iretFaulted an IRET has faulted, and none has succeeded since
     */
    record Boundary(
            Registers registers,
            List<InjectedEvent> raised,
            boolean ofEvent,
            boolean ofDebugTrap,
            boolean halted,
            boolean repeating,
            boolean shadowed,
            boolean nmiWaits,
            boolean nmiBlocked,
            String executed,
            boolean iretFaulted) {}

    private final List<Boundary> boundaries = new ArrayList<>();
    private final FixtureRun run;
    private RunReport report;
    private int nmisRaised;
    private boolean delivered;
    private boolean debugTrap;
    private String executed = "";
    private boolean inIret;
    private boolean iretFaulted;

    private OwnBoundaries(FixtureRun run) {
        this.run = run;
        this.report = run.report();
    }

    /** Runs the fixture to its end. */
    static OwnBoundaries of(Fixture fixture, RunOptions options) {
        OwnBoundaries own = new OwnBoundaries(new FixtureRun(fixture, options));
        own.toTheEnd();
        return own;
    }

    /** Notes what happens from one boundary to the next. */
    private final class Watch implements TraceSink {
        @Override
        public boolean wantsInstructions() {
            return true;
        }

        @Override
        public void executed(CpuState state, Instruction instruction) {
            executed = instruction.opcode.mnemonic();
        }

        @Override
        public void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
            inIret = true;
        }

        @Override
        public void iretCompleted(CpuState state, long cycle, long retired) {
            inIret = false;
            iretFaulted = false;
        }

        @Override
        public void nmiAsserted(CpuState state, long cycle, long retired) {
            nmisRaised++;
        }

        @Override
        public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
            delivered |= event.type() == io.github.nmi64.trace.EventType.NMI
                    || event.type() == io.github.nmi64.trace.EventType.EXTERNAL_INTERRUPT;
            debugTrap |=
                    event.type() == io.github.nmi64.trace.EventType.HARDWARE_EXCEPTION && event.vector() == Vector.DB;
            iretFaulted |= inIret && event.type() == io.github.nmi64.trace.EventType.HARDWARE_EXCEPTION;
            inIret = false;
        }
    }

    private void toTheEnd() {
        run.begin(new Watch());
        boundaries.add(boundary(new ArrayList<>(), false));
        List<Injection> unfired = run.report().unfired();
        boolean goesOn = true;
        while (goesOn && boundaries.size() < MOST_BOUNDARIES) {
            nmisRaised = 0;
            delivered = false;
            debugTrap = false;
            executed = "";
            goesOn = run.step();
            noteRaised(unfired);
            unfired = run.report().unfired();
            Boundary next = boundary(new ArrayList<>(), delivered);
            if (goesOn && !isIdle(next)) {
                boundaries.add(next);
            }
        }
        report = run.report();
    }

    /** True if the processor stands still and has been seen standing there; a jump to itself is a boundary again. */
    private boolean isIdle(Boundary next) {
        boolean stands = run.machine().state().activity != Activity.ACTIVE;
        return stands && next.halted == last().halted && next.registers.equals(last().registers);
    }

    private void noteRaised(List<Injection> before) {
        List<Injection> after = run.report().unfired();
        for (Injection injection : before) {
            if (!after.contains(injection) && injection.kind().event() != InjectedEvent.Kind.NMI) {
                last().raised.add(injection.kind());
            }
        }
        for (int i = 0; i < nmisRaised; i++) {
            last().raised.add(InjectedEvent.NMI);
        }
    }

    private Boundary last() {
        return boundaries.get(boundaries.size() - 1);
    }

    private Boundary boundary(List<InjectedEvent> raised, boolean ofEvent) {
        CpuState state = run.machine().state();
        InterruptState interrupts = state.interrupts;
        return new Boundary(
                Registers.of(state),
                raised,
                ofEvent,
                debugTrap,
                state.activity == Activity.HALTED,
                interrupts.repeating,
                interrupts.shadow != InterruptState.NO_SHADOW,
                interrupts.nmiLatched,
                interrupts.nmiBlocked,
                executed,
                iretFaulted);
    }

    /** Number of the first boundary at an address before which nothing was raised; 0 if there is none. */
    int first(long rip) {
        for (int i = 0; i < boundaries.size() && boundaries.get(i).raised().isEmpty(); i++) {
            if (boundaries.get(i).registers().get(Registers.RIP) == rip) {
                return i;
            }
        }
        return 0;
    }

    /** All boundaries; the last one is where the run ended. */
    List<Boundary> boundaries() {
        return boundaries;
    }

    /** How it ended. */
    Outcome outcome() {
        return report.ended();
    }

    /** What the image wrote to the exit port. */
    OptionalLong exitValue() {
        return report.exitValue();
    }

    /** What the image wrote to the serial port. */
    String serial() {
        return report.serial();
    }

    /** Memory at the end, at a linear address that is mapped. */
    byte[] memory(long linear, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            long physical = run.machine().translate(linear + i).orElseThrow();
            run.machine().memory().read(physical, bytes, i, 1);
        }
        return bytes;
    }
}
