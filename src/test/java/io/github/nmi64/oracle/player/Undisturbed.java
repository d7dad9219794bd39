package io.github.nmi64.oracle.player;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.machine.Machine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The run without events: the state at each boundary, the stores of each step, and the end. */
final class Undisturbed {
    /** How a run ended. */
    record End(Outcome outcome, OptionalLong exit, String serial, String console) {
        static End of(Machine machine) {
            return new End(
                    machine.cpu().outcome(),
                    machine.ports().exitValue(),
                    Arrays.toString(machine.ports().serial().bytes()),
                    Arrays.toString(machine.ports().console().bytes()));
        }

        /** True if the runs ended alike. */
        boolean isLike(End other, boolean withOutput) {
            return withOutput ? equals(other) : outcome == other.outcome && exit.equals(other.exit);
        }
    }

    private static final int MOST_STEPS = 50_000;

    private final List<ProgramState> states = new ArrayList<>();
    private final List<long[]> stores = new ArrayList<>();
    private final BitSet open = new BitSet();
    private final End end;

    /** Runs a machine at reset to its end. */
    Undisturbed(Machine machine, StepRecorder recorder, Optional<CheckPlan.Window> window) {
        boolean isOpen = window.isEmpty();
        boolean goesOn = true;
        while (goesOn) {
            if (states.size() > MOST_STEPS) {
                throw new IllegalArgumentException("the undisturbed run does not end within " + MOST_STEPS + " steps");
            }
            long rip = machine.state().rip;
            isOpen = isOpen && window.map(w -> rip != w.last()).orElse(true)
                    || window.map(w -> rip == w.first()).orElse(false);
            open.set(states.size(), isOpen);
            states.add(ProgramState.of(machine.state()));
            recorder.begin();
            goesOn = machine.cpu().step();
            stores.add(recorder.stores());
        }
        end = End.of(machine);
    }

    /** Number of the last boundary, at which the run ends. */
    int last() {
        return states.size() - 1;
    }

    /** The first boundary at which events may arrive, or -1. */
    int firstOpen() {
        return open.nextSetBit(0);
    }

    boolean isOpen(int boundary) {
        return open.get(boundary);
    }

    ProgramState state(int boundary) {
        return states.get(boundary);
    }

    long[] stores(int boundary) {
        return stores.get(boundary);
    }

    End end() {
        return end;
    }
}
