package io.github.nmi64.machine;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.core.Core;
import io.github.nmi64.device.PortMap;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.SystemRegisters;
import java.util.ArrayList;
import java.util.List;

/**
 * The 96-bit fingerprint of a state: registers, segments, MSRs, memory, event unit, what can be read from ports, what the
 * invariants remember. Left out are time, unless the guest has read it, what was sent to devices, the counters, and memory a
 * fixture declares to be statistics.
 */
public final class StateIdentity {
    private final Core core;
    private final PhysicalMemory memory;
    private final PortMap ports;
    private final InterruptState interrupts;
    private final InvariantMonitor monitor;
    private final long[] statistics;
    private final boolean withTime;
    private final SystemRegisters registers = new SystemRegisters();
    private final Digest digest = new Digest();

    /**
     * @param statistics regions of linear addresses that do not count; they must stay mapped where they are
     * @param withTime whether the clock counts
     */
    public StateIdentity(Machine machine, InvariantMonitor monitor, List<Region> statistics, boolean withTime) {
        this.core = machine.core();
        this.memory = machine.memory();
        this.ports = machine.ports();
        this.interrupts = machine.state().interrupts;
        this.monitor = monitor;
        this.statistics = quadwords(machine, statistics);
        this.withTime = withTime;
        memory.hashing(true);
    }

    private static long[] quadwords(Machine machine, List<Region> regions) {
        List<Long> addresses = new ArrayList<>();
        for (Region region : regions) {
            for (long linear = region.start() & -8; linear - region.end() < 0; linear += 8) {
                machine.translate(linear).ifPresent(addresses::add);
            }
        }
        return addresses.stream().mapToLong(Long::longValue).toArray();
    }

    /** Takes in the state as it is now; {@link #low} and {@link #high} speak of it until the next call. */
    public void take() {
        digest.copyFrom(registers.digest(core.state));
        core.state.digest(digest);
        monitor.digest(digest);
        ports.digest(digest);
        long low = memory.hashLow();
        long high = memory.hashHigh();
        for (long address : statistics) {
            low -= memory.wordHashLow(address);
            high -= memory.wordHashHigh(address);
        }
        digest.add(low, high);
        digest.add(interrupts.requestWord(), withTime ? core.clock.now + core.state.tscOffset : 0);
    }

    /** Low half of the fingerprint if {@link InterruptState#word} were {@code eventWord}. */
    public long low(long eventWord) {
        return digest.low(eventWord);
    }

    /** High half. */
    public long high(long eventWord) {
        return digest.high(eventWord);
    }
}
