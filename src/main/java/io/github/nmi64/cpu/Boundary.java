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
    /** {@link #pass}: the next instruction may execute. */
    static final int EXECUTE = 0;
    /** {@link #pass}: an event was delivered or time passed; come again. */
    static final int AGAIN = 1;
    /** {@link #pass}: the run is over. */
    static final int END = 2;

    private static final BoundaryEvent[] PRIORITY = BoundaryEvent.values();

    private final Core core;
    private final CpuState state;
    private final EventInputs inputs;

    Arrivals arrivals = Arrivals.NONE;
    long maxInstructions = Long.MAX_VALUE;
    long maxCycles = Long.MAX_VALUE;
    /** Why the run ended; meaningful after {@link #END}. */
    Outcome outcome = Outcome.LIMIT;

    Boundary(Core core, EventInputs inputs) {
        this.core = core;
        this.state = core.state;
        this.inputs = inputs;
    }

    int pass() {
        assert core.attentionAgrees()
                : "attention says " + Attention.names(core.attention) + ", the state "
                        + Attention.names(core.derivedAttention());
        if ((core.attention & Attention.STOP) != 0) {
            outcome = Outcome.EXIT;
            return END;
        }
        if (core.retired >= maxInstructions || core.clock.now >= maxCycles) {
            outcome = Outcome.LIMIT;
            return END;
        }
        inputs.endPulse();
        arrivals.atBoundary(core, inputs);
        schedule();
        state.interrupts.coveringShadow = state.interrupts.shadow;
        state.interrupts.shadow = InterruptState.NO_SHADOW;
        collectDebugTraps();
        for (BoundaryEvent event : PRIORITY) {
            if (event.deliverable(core)) {
                take(event);
                return AGAIN;
            }
        }
        return state.activity == Activity.ACTIVE ? beginInstruction() : idle();
    }

    /** Computes the next cycle at which a boundary must look around although nothing is pending. */
    void schedule() {
        long due = Math.min(arrivals.due(core), maxCycles);
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

    private int beginInstruction() {
        boolean resumed = state.flag(Rflags.RF) || state.interrupts.repeating;
        if (!resumed && (state.dr7 & Control.DR7_ENABLES) != 0 && breaksHere()) {
            return AGAIN;
        }
        // RF holds for one instruction (TP-154); TF is sampled here.
        state.rflags &= ~Rflags.RF;
        state.interrupts.stepping = state.flag(Rflags.TF);
        core.refreshAttention();
        return EXECUTE;
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
    private int idle() {
        core.refreshAttention();
        long next = arrivals.due(core);
        // Only an NMI ends a shutdown, and with no IRET to come a blocked one stays blocked (TP-051).
        boolean isFinal = state.activity == Activity.SHUTDOWN && state.interrupts.nmiBlocked;
        if (next == Long.MAX_VALUE || isFinal) {
            outcome = state.activity == Activity.HALTED ? Outcome.HALTED : Outcome.SHUTDOWN;
            return END;
        }
        core.clock.now = Math.max(core.clock.now, Math.min(next, maxCycles));
        return AGAIN;
    }
}
