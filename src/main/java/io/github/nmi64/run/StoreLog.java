package io.github.nmi64.run;

import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Who stored what while the program was interrupted, to tell its last writer and counters from other data. */
final class StoreLog implements TraceSink {
    /** Instructions that add to memory in place; what they find there reaches nothing but the flags. */
    private static final Set<String> ADDING = Set.of("inc", "dec", "add", "sub", "adc", "sbb");

    private final Machine machine;
    private final BooleanSupplier isAway;
    private final Map<Long, Store> stores = new HashMap<>();
    private final List<Long> inThisStep = new ArrayList<>();
    private long rip;

    /**
     * The stores to a quadword.
     *
     * @param step instructions retired before the last one
     * @param rip its address
     * @param onlyAdds whether all of them added in place
     */
    record Store(long step, long rip, boolean onlyAdds) {}

    /** @param isAway whether the program is interrupted; only then stores are of interest */
    StoreLog(Machine machine, BooleanSupplier isAway) {
        this.machine = machine;
        this.isAway = isAway;
    }

    /** A step begins. */
    void beforeStep() {
        rip = machine.state().rip;
        inThisStep.clear();
    }

    /** The program runs: what was stored before is its own affair. */
    void clear() {
        stores.clear();
    }

    /** What was stored to the quadword at a physical address; null if nothing was. */
    @Nullable
    Store last(long quadword) {
        return stores.get(quadword);
    }

    @Override
    public boolean wantsMemory() {
        return true;
    }

    @Override
    public void memoryWritten(long address, int size, long value) {
        if (!isAway.getAsBoolean()) {
            return;
        }
        boolean adds = adds();
        note(address, adds);
        note(address + size - 1, adds);
    }

    private void note(long linear, boolean adds) {
        OptionalLong physical = machine.translate(linear);
        if (physical.isPresent()) {
            Store store = new Store(machine.core().retired, rip, adds);
            long quadword = physical.getAsLong() & -8;
            inThisStep.add(quadword);
            stores.merge(
                    quadword,
                    store,
                    (earlier, later) -> new Store(later.step, later.rip, earlier.onlyAdds && later.onlyAdds));
        }
    }

    /** What was stored in this step was a frame, whatever the instruction there is. */
    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        for (long quadword : inThisStep) {
            stores.computeIfPresent(quadword, (key, store) -> new Store(store.step, store.rip, false));
        }
    }

    /** Whether the instruction in progress adds to memory. */
    private boolean adds() {
        byte[] code = new byte[Decoder.MAX_LENGTH];
        int length = 0;
        for (; length < code.length; length++) {
            OptionalLong physical = machine.translate(rip + machine.core().codeBase + length);
            if (physical.isEmpty()) {
                break;
            }
            machine.memory().read(physical.getAsLong(), code, length, 1);
        }
        try {
            SegmentState segments = machine.state().segments;
            Instruction instruction = Decoder.decode(InstructionSet.map(), code, 0, length, segments.codeMode());
            return instruction.hasMemoryOperand() && ADDING.contains(instruction.opcode.mnemonic());
        } catch (Fault | Decoder.Truncated none) {
            return false;
        }
    }
}
