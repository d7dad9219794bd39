package io.github.nmi64.cpu;

import io.github.nmi64.core.Attention;
import io.github.nmi64.core.Clock;
import io.github.nmi64.core.Core;
import io.github.nmi64.delivery.Delivery;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.TraceSink;
import org.jspecify.annotations.Nullable;

/**
 * The processor: one loop, one dispatch line, one place where events are recognised.
 *
 * <p>A step is one retired instruction, one iteration of a repeated string instruction, one fault or one event delivery.
 * Not safe for use by several threads.
 */
public final class Cpu {
    private final Core core;
    private final CpuState state;
    private final Clock clock;
    private final EventInputs inputs;
    private final Boundary boundary;
    private final Fetch fetch;
    private @Nullable Unsupported unsupported;

    /** A processor around a core whose registers are already those of reset. */
    public Cpu(Core core) {
        this.core = core;
        this.state = core.state;
        this.clock = core.clock;
        this.inputs = new EventInputs(core);
        this.boundary = new Boundary(core, inputs);
        this.fetch = new Fetch(core);
    }

    /** The event inputs. */
    public EventInputs inputs() {
        return inputs;
    }

    /** Who is asked at boundaries, in this order: who drives the event inputs, who looks on. They replace those before. */
    public void arrivals(Arrivals... all) {
        boundary.arrivals(all);
        clock.due = clock.now; // they have not been asked yet
    }

    /**
     * Ends the run at the next boundary with {@link Outcome#PAUSED}, from where {@link #begin} goes on. Called by arrivals and
     * sinks, in the thread that runs the machine.
     */
    public void pause() {
        core.attend(Attention.PAUSE, true);
    }

    /** Attaches the one sink (several are combined by {@link io.github.nmi64.trace.Tee}). */
    public void sink(TraceSink sink) {
        core.sink = sink;
        fetch.observing(sink.wantsInstructions());
        core.memory.observe(sink.wantsMemory());
    }

    /** Switches decode cache and remembered translations off, to prove that they cannot be observed. */
    public void caching(boolean on) {
        fetch.caching(on);
        core.memory.caching(on);
    }

    /** What ended the run with {@link Outcome#UNSUPPORTED}; RIP is at the instruction. */
    public @Nullable Unsupported unsupported() {
        return unsupported;
    }

    /**
     * Runs until the guest exits, stops for good, or a limit is reached.
     *
     * @param maxInstructions total of retired instructions at which to stop
     * @param maxCycles clock at which to stop
     */
    public Outcome run(long maxInstructions, long maxCycles) {
        begin(maxInstructions, maxCycles);
        while (step()) {
            // everything happens in step()
        }
        return boundary.outcome();
    }

    /** Prepares for calls of {@link #step} with the given limits, as {@link #run} does. */
    public void begin(long maxInstructions, long maxCycles) {
        boundary.limits(maxInstructions, maxCycles);
        unsupported = null;
        core.memory.flushIfStale();
        core.modeChanged();
        clock.due = clock.now; // look for arrivals at the very first boundary
    }

    /** Why the last {@link #step} returned false. */
    public Outcome outcome() {
        return boundary.outcome();
    }

    /** Makes one step. False if the run has ended. */
    public boolean step() {
        if (core.attention != 0 || clock.now >= clock.due) {
            Boundary.Next next = boundary.pass();
            if (next != Boundary.Next.EXECUTE) {
                return next == Boundary.Next.AGAIN;
            }
        }
        long rip = state.rip;
        try {
            CodeSlot slot = fetch.at(rip);
            state.rip = rip + slot.length;
            slot.operation.execute(core, slot.instruction);
            clock.now += slot.cost;
            core.retired++;
            return true;
        } catch (Fault fault) {
            state.rip = rip;
            return raise(fault);
        } catch (Unsupported cause) {
            state.rip = rip;
            return refuse(cause);
        }
    }

    private boolean raise(Fault fault) {
        long cr2 = state.cr2;
        try {
            Delivery.exception(core, fault);
            core.refreshAttention();
            return true;
        } catch (Unsupported cause) {
            state.cr2 = cr2; // of a page fault on the way; nothing else has changed
            return refuse(cause);
        }
    }

    private boolean refuse(Unsupported cause) {
        unsupported = cause;
        boundary.end(Outcome.UNSUPPORTED);
        return false;
    }
}
