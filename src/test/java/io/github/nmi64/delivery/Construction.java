package io.github.nmi64.delivery;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Segment;

/** One gate and what stands behind it: descriptor, TSS and stack. Whole when made; a test breaks parts of it. */
final class Construction {
    static final long CODE64 = 0x00af_9b00_0000_ffffL;
    static final int IST = 4;

    /** Interrupt gate, DPL 3, present, with an IST index. */
    int rights = 0xee00 | IST;

    int selector = GuestProgram.FREE_SELECTOR;
    long offset;
    long upperRights;
    long descriptor = CODE64;
    int taskLimit = 0x67;
    long stackTop = GuestProgram.istTop(IST);
    /** Rights taken away from the page below the stack top. */
    long stackWithdrawn;

    Construction(int vector) {
        offset = GuestProgram.handlerAddress(vector);
    }

    /** Puts everything in place. */
    TestMachine build(TestMachine machine, int vector) {
        long gate = machine.state().idtBase + 16L * vector;
        machine.store(gate, GuestProgram.gateLow(offset, selector, rights));
        machine.store(gate + 8, offset >>> 32 | upperRights << 40);
        machine.descriptor(GuestProgram.FREE_SELECTOR, descriptor);
        machine.state().segments.limit[Segment.TR] = taskLimit;
        machine.store(machine.state().segments.base[Segment.TR] + 28 + 8 * IST, stackTop);
        if (stackWithdrawn != 0) {
            machine.withdraw(stackTop - 8, stackWithdrawn);
        }
        return machine.changed();
    }
}
