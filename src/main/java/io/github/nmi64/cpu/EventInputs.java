package io.github.nmi64.cpu;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.EventType;

/** The processor's event inputs. Lines are sampled at boundaries; what is raised stays latched until it is delivered. */
public final class EventInputs {
    private final Core core;

    EventInputs(Core core) {
        this.core = core;
    }

    /**
     * Drives the NMI line until it is driven again. A rising edge is latched; while one is latched, further edges merge
     * with it (TP-004, TP-007).
     */
    public void setNmiLine(boolean high) {
        InterruptState interrupts = core.state.interrupts;
        interrupts.nmiPulse = false;
        boolean edge = high && !interrupts.nmiLine;
        interrupts.nmiLine = high;
        if (edge) {
            latch(interrupts);
        }
        core.refreshAttention();
    }

    /** Raises the NMI line until the next boundary: one edge. */
    public void pulseNmi() {
        if (core.state.interrupts.nmiLine) {
            setNmiLine(false);
        }
        setNmiLine(true);
        core.state.interrupts.nmiPulse = true;
    }

    /** An edge of the NMI line that has fallen again before the next boundary: what remains of it is in the latch. */
    public void latchNmi() {
        latch(core.state.interrupts);
        core.refreshAttention();
    }

    private void latch(InterruptState interrupts) {
        long cycle = core.clock.now;
        core.sink.nmiAsserted(core.state, cycle, core.retired);
        if (interrupts.nmiLatched) {
            core.sink.nmiMerged(core.state, cycle, core.retired);
        } else {
            interrupts.nmiLatched = true;
            core.sink.nmiLatched(core.state, cycle, core.retired);
        }
    }

    /** Ends a pulse that an earlier boundary began. */
    void endPulse() {
        if (core.state.interrupts.nmiPulse) {
            setNmiLine(false);
        }
    }

    /**
     * Requests a maskable interrupt.
     *
     * @throws IllegalArgumentException if the vector is below 16 or above 255
     */
    public void interrupt(int vector) {
        if (vector < Vector.FIRST_EXTERNAL || vector > 255) {
            throw new IllegalArgumentException("interrupt vector " + vector + " is not in 16..255");
        }
        core.state.interrupts.request(vector);
        tell(EventType.EXTERNAL_INTERRUPT, vector);
        core.refreshAttention();
    }

    /** Signals a machine check. */
    public void machineCheck() {
        core.state.interrupts.machineCheck = true;
        tell(EventType.HARDWARE_EXCEPTION, Vector.MC);
        core.refreshAttention();
    }

    /**
     * Raises a breakpoint exception before the instruction at RIP, with RIP of that instruction in the frame. If another
     * event comes first, it waits until control is back there. A second one before that takes the first one's place.
     */
    public void injectInt3() {
        core.state.interrupts.injectedInt3 = true;
        core.state.interrupts.injectedInt3Rip = core.state.rip;
        tell(EventType.SOFTWARE_EXCEPTION, Vector.BP);
        core.refreshAttention();
    }

    /** Makes the next IRET, whenever it comes, raise #GP(0) after it has unblocked NMIs. */
    public void failNextIret() {
        core.state.interrupts.iretFault = true;
        tell(EventType.HARDWARE_EXCEPTION, Vector.GP);
    }

    /** Makes a debug trap pending that sets no bit of DR6, as a debug unit outside the core would. */
    public void debugTrap() {
        core.state.interrupts.debugTrap = true;
        tell(EventType.HARDWARE_EXCEPTION, Vector.DB);
        core.refreshAttention();
    }

    private void tell(EventType type, int vector) {
        core.sink.raised(core.state, type, vector, core.clock.now, core.retired);
    }
}
