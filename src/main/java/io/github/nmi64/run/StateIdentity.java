package io.github.nmi64.run;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.core.Core;
import io.github.nmi64.device.PortMap;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.HashSum;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.SystemRegisters;
import java.util.List;

/**
 * The 96-bit fingerprint of a state: registers, segments, MSRs, memory, event unit, what can be read from ports, what the
 * invariants remember, what was sent to devices. Left out are time, unless the guest has read it (a counter that stands still is a register), the counters, and memory a
 * fixture declares to be statistics or immaterial, to the byte.
 */
public final class StateIdentity {
    private final Core core;
    private final PhysicalMemory memory;
    private final PortMap ports;
    private final InterruptState interrupts;
    private final InvariantMonitor monitor;
    private final List<MappedRegion> undistinguished;
    private final HashSum uncounted = new HashSum();
    private final Pieces pieces = new Pieces();
    private final boolean withOutput;
    private final boolean withTime;
    private final SystemRegisters registers = new SystemRegisters();
    private final Digest digest = new Digest();

    /**
     * Of a machine at reset.
     *
     * @param plan what does not count: statistics, what is immaterial, and output if it is the handlers' as well
     * @param withTime whether the clock counts
     */
    public StateIdentity(Machine machine, InvariantMonitor monitor, CheckPlan plan, boolean withTime) {
        this.core = machine.core();
        this.memory = machine.memory();
        this.ports = machine.ports();
        this.interrupts = machine.state().interrupts;
        this.monitor = monitor;
        this.undistinguished = plan.uncounted().stream()
                .map(region -> new MappedRegion(machine, region))
                .toList();
        this.withOutput = !plan.handlerOutput();
        this.withTime = withTime;
        if (!memory.hash().isKept()) {
            memory.hash().keep(true);
        }
    }

    /** Takes in the state as it is now; {@link #low} and {@link #high} speak of it until the next call. */
    public void take() {
        takeRegisters();
        takeMemory();
        takeRequests();
    }

    /** The same, as if memory held nothing. */
    public void takeWithoutMemory() {
        takeRegisters();
        takeRequests();
    }

    private void takeRegisters() {
        digest.copyFrom(registers.digest(core.state));
        core.state.digest(digest);
        monitor.digest(digest);
        ports.digest(digest, withOutput);
    }

    private void takeMemory() {
        uncounted.clear();
        if (!undistinguished.isEmpty()) {
            pieces.clear();
            undistinguished.forEach(region -> region.upTo(region.region().end(), pieces));
            pieces.forEach(this::leaveOut);
            uncounted.settle(memory);
        }
        digest.add(memory.hash().low() - uncounted.low(), memory.hash().high() - uncounted.high());
        long marks = memory.hash().processorMarks();
        if (marks != 0) {
            digest.add(marks, 0);
        }
    }

    private void takeRequests() {
        digest.add(
                interrupts.requestBits(), withTime ? core.clock.now + core.state.tscOffset : core.stoppedTimeStamp());
    }

    /** Calls back with the pieces of memory that tell no states apart by declaration. */
    public void forEachUncounted(PieceOfMemory piece) {
        pieces.clear();
        undistinguished.forEach(region -> region.upTo(region.region().end(), pieces));
        pieces.forEach(piece::accept);
    }

    /** A range of physical addresses within a page. */
    public interface PieceOfMemory {
        /** From the first byte to the one behind the last. */
        void accept(long from, long to);
    }

    private void leaveOut(long from, long to) {
        uncounted.add(memory, from, to, quadword -> false);
    }

    /** Low half of the fingerprint if {@link InterruptState#bits} were {@code eventBits}. */
    public long low(long eventBits) {
        return digest.low(eventBits);
    }

    /** High half. */
    public long high(long eventBits) {
        return digest.high(eventBits);
    }
}
