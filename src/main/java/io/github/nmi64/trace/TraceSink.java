package io.github.nmi64.trace;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.CpuState;

/**
 * A consumer of observable events. Every method does nothing by default. Sinks must not change what they are shown.
 *
 * <p>A sink that answers false to both {@code wants} questions costs the run loop nothing: it hears of events only.
 */
public interface TraceSink {
    /** The sink that hears nothing. */
    TraceSink NONE = new TraceSink() {};

    /** True if {@link #executing} and {@link #executed} are wanted. Asked once when the sink is attached. */
    default boolean wantsInstructions() {
        return false;
    }

    /** True if {@link #memoryWritten} is wanted. Asked once when the sink is attached. */
    default boolean wantsMemory() {
        return false;
    }

    /**
     * Fires before an instruction executes, with the state before it; for a repeated string instruction before each
     * iteration ({@code state.interrupts.repeating} tells a continued one). Not for an instruction whose fetch or decode
     * faults.
     *
     * @param cycle clock in cycles
     * @param retired instructions retired so far
     */
    default void executing(CpuState state, Instruction instruction, long cycle, long retired) {}

    /**
     * Fires after an instruction (or iteration) has executed, with the state after it. Not after one that faulted: an
     * {@code EXCEPTION} delivery (or shutdown) follows that one instead.
     */
    default void executed(CpuState state, Instruction instruction) {}

    /** Fires for each store of an instruction or delivery, at the linear address, {@code size} 1 to 8 bytes. */
    default void memoryWritten(long address, int size, long value) {}

    /** Fires at each rising edge of the NMI line, before {@link #nmiLatched} or {@link #nmiMerged}. */
    default void nmiAsserted(CpuState state, long cycle, long retired) {}

    /** Fires if the edge set the latch. */
    default void nmiLatched(CpuState state, long cycle, long retired) {}

    /** Fires if the latch was already set, so that this edge is merged with the one before (TP-007). */
    default void nmiMerged(CpuState state, long cycle, long retired) {}

    /**
     * Fires when an event other than an NMI is raised from outside the program: a machine check, a request of an external
     * interrupt, an injected exception. It may wait, and an interrupt may be requested already.
     */
    default void raised(CpuState state, EventType type, int vector, long cycle, long retired) {}

    /** Fires when a delivery is complete; {@code state} is at the handler's first instruction. */
    default void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {}

    /**
     * Fires when the delivery of an event recognised at a boundary faults: the event is lost, and the fault is delivered in
     * its place, or the processor shuts down.
     */
    default void lost(CpuState state, EventType type, int vector, long cycle, long retired) {}

    /** Fires when an IRET begins, whether or not NMIs were blocked; not for an IRET that is never executed. */
    default void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {}

    /** Fires when an IRET has completed; {@code state} is at its target. */
    default void iretCompleted(CpuState state, long cycle, long retired) {}

    /** Fires when an event ends HLT or shutdown, before its delivery. */
    default void woken(CpuState state, long cycle, long retired) {}

    /** Fires when a triple fault shuts the processor down. */
    default void shutdown(CpuState state, String cause, long cycle, long retired) {}
}
