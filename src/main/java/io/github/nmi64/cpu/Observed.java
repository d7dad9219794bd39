package io.github.nmi64.cpu;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.op.Operation;

/**
 * Executes an instruction and tells the sink. While a sink listens to instructions the decode cache holds this operation
 * in place of every other, so that the loop itself knows nothing of tracing.
 */
final class Observed extends Operation {
    static final Observed INSTANCE = new Observed();

    private Observed() {
        super("(observed)");
    }

    @Override
    public void execute(Core core, Instruction instruction) {
        long next = core.state.rip;
        long begun = next - instruction.length;
        core.state.rip = core.mode.is64() ? begun : begun & 0xffff_ffffL;
        core.sink.executing(core.state, instruction, core.clock.now, core.retired);
        core.state.rip = next;
        ((Operation) instruction.opcode).execute(core, instruction);
        core.sink.executed(core.state, instruction);
    }
}
