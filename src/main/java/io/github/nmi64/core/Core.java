package io.github.nmi64.core;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;

/**
 * The context of execution: passed to every operation and to every delivery. Holds the state, the ways out of the
 * processor, and the few facts derived from the state that the run loop needs at every step.
 *
 * <p>Whoever changes what a derived fact summarises calls {@link #modeChanged} (CS, CPL, control registers, RFLAGS.AC,
 * DR7) or {@link #refreshAttention} (event unit, RFLAGS.{IF,TF,RF}, activity, DR7, CR8).
 */
public final class Core {
    public final CpuState state;
    public final LinearMemory memory;
    public final Clock clock = new Clock();
    public final Rules rules;
    public final CostModel costs;
    /** The I/O address space. */
    public Ports ports = Ports.NONE;
    /** Observer of events; never null. */
    public TraceSink sink = TraceSink.NONE;
    /** Instructions retired since reset; an unfinished repeated string instruction has not retired. */
    public long retired;
    /** The guest has read the time-stamp counter, so time is part of what it knows. Set, never cleared, by whoever reads. */
    public boolean timeRead;
    /**
     * The guest has read DR6 or IA32_MCG_STATUS, which the processor writes for an event's handler. Set by whoever reads,
     * cleared by whoever looks.
     */
    public boolean statusRead;
    /** Bits of {@link Attention}. */
    public int attention;
    /** Mode instructions are decoded in, derived from CS. */
    public CodeMode mode = CodeMode.LONG64;
    /** Zero in 64-bit mode, CS.base otherwise. {@link #linearRip} is RIP's linear address. */
    public long codeBase;

    /** A core at power-on; the machine loads the registers. */
    public Core(CpuState state, PhysicalMemory physical, Rules rules, CostModel costs) {
        this.state = state;
        this.memory = new LinearMemory(this, physical);
        this.rules = rules;
        this.costs = costs;
    }

    /** Linear address of the instruction RIP points to. */
    public long linearRip() {
        return linearRip(state.rip);
    }

    /** Linear address of an offset in CS: in 64-bit mode the offset; else CS.base is added, and the sum wraps at 4 GiB. */
    public long linearRip(long rip) {
        return mode.is64() ? rip : rip + codeBase & 0xffff_ffffL;
    }

    /** The time-stamp counter as the guest reads it; by rule it stands still at what was written to it last (TP-198). */
    public long timeStamp() {
        if (rules.tscStopped()) {
            return state.tscOffset;
        }
        timeRead = true;
        return clock.now + state.tscOffset;
    }

    /** The time-stamp counter if it stands still, so that it is a register like others; else 0. */
    public long stoppedTimeStamp() {
        return rules.tscStopped() ? state.tscOffset : 0;
    }

    /** Recomputes everything derived from CS, CPL, control registers, RFLAGS and the event unit. */
    public void modeChanged() {
        mode = state.segments.codeMode();
        codeBase = mode.is64() ? 0 : state.segments.base[Segment.CS];
        memory.modeChanged();
        refreshAttention();
    }

    /** Recomputes {@link #attention}. */
    public void refreshAttention() {
        attention = attention & Attention.EXTERNAL | derivedAttention();
    }

    /** Raises or clears {@link Attention#EXIT}, {@link Attention#PAUSE} or {@link Attention#WATCH}. */
    public void attend(int bit, boolean on) {
        attention = on ? attention | bit : attention & ~bit;
    }

    /** True if {@link #attention} holds just the bits that follow from the state, besides those set from outside. */
    public boolean attentionAgrees() {
        return (attention & ~Attention.EXTERNAL) == derivedAttention();
    }

    /** The bits that follow from the state; the boundary asserts that {@link #attention} agrees. */
    public int derivedAttention() {
        InterruptState interrupts = state.interrupts;
        return (interrupts.nmiDeliverable() ? Attention.NMI : 0)
                | (interruptDeliverable() ? Attention.INTERRUPT : 0)
                | (interrupts.machineCheck ? Attention.MACHINE_CHECK : 0)
                | (debugging() ? Attention.DEBUG : 0)
                | ((interrupts.shadow | interrupts.coveringShadow) != 0 ? Attention.SHADOW : 0)
                | (state.activity != Activity.ACTIVE ? Attention.INACTIVE : 0)
                | (interrupts.nmiLine ? Attention.LINE : 0);
    }

    /** True if IF and the task priority let the highest request through (SDM vol. 3, 10.8.3.1). */
    public boolean interruptDeliverable() {
        return state.interrupts.requested()
                && state.flag(Rflags.IF)
                && state.interrupts.highestRequest() >>> 4 > state.cr8;
    }

    /** True if an event is pending that the next boundary delivers unless a shadow holds it. */
    public boolean isEventDue() {
        InterruptState interrupts = state.interrupts;
        return interrupts.nmiDeliverable()
                || interruptDeliverable()
                || interrupts.machineCheck
                || interrupts.debugTrap
                || interrupts.injectedInt3;
    }

    private boolean debugging() {
        InterruptState interrupts = state.interrupts;
        return interrupts.debugTrap
                || interrupts.injectedInt3
                || interrupts.stepping
                || state.flag(Rflags.TF | Rflags.RF)
                || (state.dr7 & Control.DR7_ENABLES) != 0;
    }

    /** Replaces RFLAGS and recomputes what depends on it. */
    public void rflags(long value) {
        boolean alignmentChanged = ((state.rflags ^ value) & Rflags.AC) != 0;
        state.rflags = value;
        if (alignmentChanged) {
            memory.modeChanged();
        }
        refreshAttention();
    }

    /**
     * Continues at a near target.
     *
     * @throws Fault #GP(0) if it is not canonical (TP-221) or beyond CS.limit in compatibility mode
     */
    public void branch(long target) {
        checkBranch(target);
        state.rip = target;
    }

    /** The check of {@link #branch} alone, for instructions that must not commit before it. */
    public void checkBranch(long target) {
        boolean legal = mode.is64()
                ? LinearMemory.isCanonical(target)
                : Long.compareUnsigned(target, state.segments.limit[Segment.CS]) <= 0;
        if (!legal) {
            throw Fault.generalProtection(0);
        }
    }
}
