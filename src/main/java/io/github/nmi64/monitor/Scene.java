package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.state.CpuState;
import java.util.OptionalLong;

/** What invariants see of a run: the processor, memory as a debugger sees it, and what has been remembered. */
abstract class Scene {
    abstract CpuState state();

    abstract Nesting nesting();

    /** Instructions retired. */
    abstract long step();

    /** RSP at the boundary before the last step. */
    abstract long rspBefore();

    /** What the last step, which has moved RSP down, was about. */
    abstract StackStep stackStep();

    /** True if the IRET of this step pops quadwords. */
    abstract boolean popsQuadwords();

    /** RFLAGS at the boundary before the last step. */
    abstract long rflagsBefore();

    abstract OptionalLong quadword(long linear);

    abstract String place(long address);

    abstract void report(Violation violation);

    /** True if something was reported. */
    abstract boolean hasFound();

    /** {@code do_nmi+0x3 (0xffffffff81000123)}. */
    final String at(long address) {
        String name = place(address);
        return name.isEmpty() ? Hex.of(address) : name + " (" + Hex.of(address) + ")";
    }
}
