package io.github.nmi64.oracle.player;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import io.github.nmi64.trace.TraceSink;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The trace of one step: whether an instruction executed, what was delivered, and every store, which memory learns of. */
final class StepRecorder implements TraceSink {
    private final TracedMemory memory;
    private long[] stores = new long[96];
    private int length;
    private boolean executed;
    private boolean nmi;
    private @Nullable DeliveredEvent delivered;

    StepRecorder(TracedMemory memory) {
        this.memory = memory;
    }

    void begin() {
        length = 0;
        executed = false;
        nmi = false;
        delivered = null;
    }

    @Override
    public boolean wantsInstructions() {
        return true;
    }

    @Override
    public boolean wantsMemory() {
        return true;
    }

    @Override
    public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
        executed = true;
    }

    @Override
    public void memoryWritten(long address, int size, long value) {
        if (length + 3 > stores.length) {
            stores = Arrays.copyOf(stores, 2 * stores.length);
        }
        stores[length++] = address;
        stores[length++] = size;
        stores[length++] = value;
        memory.write(address, size, value);
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        delivered = event;
        nmi |= event.type() == EventType.NMI;
    }

    /** True if an instruction, not only an event, was begun in the step. */
    boolean hasExecuted() {
        return executed;
    }

    /** True if an NMI was delivered in the step. */
    boolean hasDeliveredNmi() {
        return nmi;
    }

    /** What was delivered last in the step, if anything was. */
    @Nullable
    DeliveredEvent delivered() {
        return delivered;
    }

    /** The stores of the step: address, size and value of each. */
    long[] stores() {
        return Arrays.copyOf(stores, length);
    }

    boolean hasStored(long[] others) {
        return Arrays.equals(stores, 0, length, others, 0, others.length);
    }
}
