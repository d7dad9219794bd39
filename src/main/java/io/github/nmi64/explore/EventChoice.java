package io.github.nmi64.explore;

import io.github.nmi64.cpu.EventInputs;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** A kind of event as the explorer sees it: whether asserting it would change anything here, and what it changes. */
final class EventChoice {
    private static final long IRETQ = 0xcf48;

    private final InjectedEvent kind;
    private final List<Region> regions;
    private final boolean reasserts;
    private final Machine machine;
    private final InvariantMonitor monitor;
    private final InterruptState interrupts;
    private final EventInputs inputs;

    EventChoice(InjectedEvent kind, CheckPlan plan, Machine machine, InvariantMonitor monitor) {
        this.monitor = monitor;
        this.kind = kind;
        this.regions = plan.regions(kind);
        this.reasserts = plan.reasserts().contains(kind.vector());
        this.machine = machine;
        this.interrupts = machine.state().interrupts;
        this.inputs = machine.cpu().inputs();
    }

    /**
     * True if the assertion leads to another state: what is pending already merges. A machine check while one is in
     * progress is left out: until software clears MCG_STATUS.MCIP it would be a shutdown (SDM vol. 3, 15.3.1.2), whatever else
     * the software does. An external interrupt whose handler has not returned is in service: the APIC keeps it back until
     * then, unless the fixture says that it is signalled again.
     * A planted breakpoint and a failing IRET are the instruction that begins here: they are chosen where nothing else is
     * due, and nothing comes between their choice and their execution. What is held back may be chosen before them.
     */
    boolean isPossible() {
        if (interrupts.iretFault || interrupts.injectedInt3 || !isAdmitted()) {
            return false;
        }
        return switch (kind.event()) {
            case NMI -> !interrupts.nmiLatched;
            case MCE -> !interrupts.machineCheck && !isMachineCheckInProgress();
            case DB -> !interrupts.debugTrap;
            case INT3 -> !isInterrupted() && machine.state().activity == Activity.ACTIVE;
            case INTR -> !isRequested();
            case IRET_FAULT -> !isInterrupted() && beginsReturnToUser();
        };
    }

    /**
     * True if the event would stay pending at this boundary, so that asserting it one boundary later comes to the same: the
     * next instruction cannot tell.
     */
    boolean isHeld() {
        return switch (kind.event()) {
            case NMI -> interrupts.nmiBlocked;
            case INTR -> (machine.state().rflags & Rflags.IF) == 0;
            case MCE, DB, INT3, IRET_FAULT -> false;
        };
    }

    /** {@link InterruptState#bits} after the assertion. */
    long after(long eventBits) {
        return switch (kind.event()) {
            case NMI -> eventBits | InterruptState.LATCHED;
            case MCE -> eventBits | InterruptState.MACHINE_CHECK;
            case DB -> eventBits | InterruptState.DEBUG_TRAP;
            case INT3 -> eventBits | InterruptState.INJECTED_INT3;
            case IRET_FAULT -> eventBits | InterruptState.IRET_FAULT;
            case INTR -> eventBits;
        };
    }

    /** True if the assertion changes more than {@link InterruptState#bits}. */
    boolean changesRequests() {
        return kind.event() == InjectedEvent.Kind.INTR;
    }

    /** Asserts the event. */
    void raise() {
        switch (kind.event()) {
            case NMI -> inputs.latchNmi();
            case MCE -> inputs.machineCheck();
            case DB -> inputs.debugTrap();
            case INT3 -> inputs.injectInt3();
            case INTR -> inputs.interrupt(kind.vector());
            case IRET_FAULT -> inputs.failNextIret();
        }
    }

    /** Takes an assertion back that was made at this boundary. */
    void withdrawRequest() {
        interrupts.acknowledge(kind.vector());
        machine.core().refreshAttention();
    }

    private boolean isMachineCheckInProgress() {
        return (machine.state().mcgStatus & Control.MCG_MCIP) != 0;
    }

    /**
     * True if the fixture lets the kind strike here. Of a stretch of boundaries that hold the event, the first one where it
     * is admitted stands for the others; those before, where it is not, do not.
     */
    boolean isAdmitted() {
        boolean isServed = kind.event() == InjectedEvent.Kind.INTR && !reasserts && monitor.isInService(kind.vector());
        return !isServed && inRegion();
    }

    private boolean isRequested() {
        return (interrupts.requests[kind.vector() >>> 6] >>> kind.vector() & 1) != 0;
    }

    private boolean inRegion() {
        long rip = machine.state().rip;
        boolean inside = regions.isEmpty();
        for (int i = 0; i < regions.size() && !inside; i++) {
            inside = regions.get(i).contains(rip);
        }
        return inside;
    }

    /** True if an event is delivered here before the next instruction; what shadows hold is not (TP-062, TP-066). */
    private boolean isInterrupted() {
        int shadow = interrupts.shadow;
        boolean debugTrap = interrupts.debugTrap || interrupts.debugStatus != 0 || interrupts.stepping;
        boolean nmi = interrupts.nmiDeliverable();
        boolean nmiHeld =
                shadow == InterruptState.STI_SHADOW && machine.core().rules.stiShadowHoldsNmi();
        return interrupts.machineCheck
                || shadow != InterruptState.MOV_SS_SHADOW && (debugTrap || nmi && !nmiHeld)
                || shadow == InterruptState.NO_SHADOW && machine.core().interruptDeliverable();
    }

    private boolean beginsReturnToUser() {
        long next = machine.peek(machine.state().rip).orElse(0);
        long cs = machine.peek(machine.state().gpr[Gpr.RSP] + 8).orElse(0);
        return (next & 0xffff) == IRETQ && machine.state().cpl == 0 && (cs & 3) == 3;
    }
}
