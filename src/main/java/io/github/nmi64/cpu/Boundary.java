package io.github.nmi64.cpu;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.core.Attention;
import io.github.nmi64.core.Core;
import io.github.nmi64.delivery.Delivery;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.DebugStatus;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;

/**
 * The point between two instructions, where events are recognised. Entered only when {@link Core#attention} is not zero or
 * the clock has reached {@code due}.
 */
final class Boundary {
    /** What comes after a boundary. */
    enum Next {
        /** The next instruction may execute. */
        EXECUTE,
        /** An event was delivered or time passed: another boundary. */
        AGAIN,
        /** Nothing: the run is over or pauses. */
        END
    }

    private static final BoundaryEvent[] PRIORITY = BoundaryEvent.values();

    private final Core core;
    private final CpuState state;
    private final EventInputs inputs;

    private Arrivals[] arrivals = {};
    private long maxInstructions = Long.MAX_VALUE;
    private long maxCycles = Long.MAX_VALUE;
    private Outcome outcome = Outcome.LIMIT;

    Boundary(Core core, EventInputs inputs) {
        this.core = core;
        this.state = core.state;
        this.inputs = inputs;
    }

    /** Who is asked at boundaries, in this order; they replace those before. */
    void arrivals(Arrivals... all) {
        arrivals = all.clone();
    }

    /** The totals of retired instructions and cycles at which the run ends. */
    void limits(long instructions, long cycles) {
        maxInstructions = instructions;
        maxCycles = cycles;
    }

    /** Why the run ended; meaningful after {@link Next#END}. */
    Outcome outcome() {
        return outcome;
    }

    Next pass() {
        assert core.attentionAgrees()
                : "attention says " + Attention.names(core.attention) + ", the state "
                        + Attention.names(core.derivedAttention());
        if ((core.attention & Attention.EXIT) != 0) {
            return end(Outcome.EXIT);
        }
        if ((core.attention & Attention.PAUSE) != 0) {
            core.attend(Attention.PAUSE, false);
            return end(Outcome.PAUSED);
        }
        if (core.retired >= maxInstructions || core.clock.now >= maxCycles) {
            return end(Outcome.LIMIT);
        }
        inputs.endPulse();
        askArrivals();
        computeDue();
        state.interrupts.coveringShadow = state.interrupts.shadow;
        state.interrupts.shadow = InterruptState.NO_SHADOW;
        collectDebugTraps();
        for (BoundaryEvent event : PRIORITY) {
            if (event.deliverable(core)) {
                take(event);
                return Next.AGAIN;
            }
        }
        return state.activity == Activity.ACTIVE ? beginInstruction() : idle();
    }

    /** The run ends here, for this reason. */
    Next end(Outcome why) {
        outcome = why;
        return Next.END;
    }

    private void askArrivals() {
        boolean watches = false;
        for (Arrivals each : arrivals) {
            each.atBoundary(core, inputs);
            watches |= each.wantsEveryBoundary();
        }
        core.attend(Attention.WATCH, watches);
    }

    /** The earliest cycle at which something may arrive. */
    private long nextArrival() {
        long due = Long.MAX_VALUE;
        for (Arrivals each : arrivals) {
            due = Math.min(due, each.due(core));
        }
        return due;
    }

    /** Computes the next cycle at which a boundary must look around although nothing is pending. */
    private void computeDue() {
        long due = Math.min(nextArrival(), maxCycles);
        long instructionsLeft = maxInstructions - core.retired;
        long now = core.clock.now;
        core.clock.due = instructionsLeft < Long.MAX_VALUE - now ? Math.min(due, now + instructionsLeft) : due;
    }

    /**
     * TF counts as it was when the instruction began (TP-164). A MOV SS shadow drops the single-step trap but only delays
     * a data breakpoint (TP-061, TP-062).
     */
    private void collectDebugTraps() {
        InterruptState interrupts = state.interrupts;
        if (interrupts.stepping) {
            interrupts.stepping = false;
            if (interrupts.coveringShadow != InterruptState.MOV_SS_SHADOW) {
                interrupts.debugStatus |= Control.DR6_BS;
            }
        }
        interrupts.debugTrap |= interrupts.debugStatus != 0;
    }

    private void take(BoundaryEvent event) {
        if (state.activity != Activity.ACTIVE) {
            core.sink.woken(state, core.clock.now, core.retired);
        }
        event.take(core);
        core.refreshAttention();
    }

    private Next beginInstruction() {
        boolean resumed = state.flag(Rflags.RF) || state.interrupts.repeating;
        if (!resumed && (state.dr7 & Control.DR7_ENABLES) != 0 && breaksHere()) {
            return Next.AGAIN;
        }
        // RF holds for one instruction (TP-154); TF is sampled here.
        state.rflags &= ~Rflags.RF;
        state.interrupts.stepping = state.flag(Rflags.TF);
        core.refreshAttention();
        return Next.EXECUTE;
    }

    /** Code breakpoints are faults of the next instruction, recognised before it is fetched (TP-170). */
    private boolean breaksHere() {
        // With AMD a MOV SS hides traps and interrupts only.
        if (state.interrupts.coveringShadow == InterruptState.MOV_SS_SHADOW && !core.rules.amd()) {
            return false;
        }
        long matches = AddressBreakpoints.matching(state, core.linearRip(), 1, AddressBreakpoints.EXECUTION);
        if (matches == 0) {
            return false;
        }
        DebugStatus.raise(state, matches);
        Delivery.external(core, EventType.HARDWARE_EXCEPTION, Vector.DB);
        core.refreshAttention();
        return true;
    }

    /** Halted or shut down with nothing deliverable: time passes until the next arrival, if there is one. */
    private Next idle() {
        core.refreshAttention();
        long next = nextArrival();
        // Only an NMI ends a shutdown, and with no IRET to come a blocked one stays blocked (TP-051).
        boolean isFinal = state.activity == Activity.SHUTDOWN && state.interrupts.nmiBlocked;
        if (next == Long.MAX_VALUE || isFinal) {
            return end(state.activity == Activity.HALTED ? Outcome.HALTED : Outcome.SHUTDOWN);
        }
        core.clock.now = Math.max(core.clock.now, Math.min(next, maxCycles));
        return Next.AGAIN;
    }
}
