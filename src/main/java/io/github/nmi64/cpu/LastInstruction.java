package io.github.nmi64.cpu;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.op.Operation;

/**
 * An instruction of compatibility mode that ends with the last byte of 4 GiB of its segment: the next one is at 0, as EIP has
 * 32 bits. It takes the place of the operation, so that no other instruction pays for it.
 */
final class LastInstruction extends Operation {
    private static final long EIP = 0xffff_ffffL;

    private final Operation operation;

    LastInstruction(Operation operation) {
        super("(last)");
        this.operation = operation;
    }

    @Override
    public void execute(Core core, Instruction instruction) {
        core.state.rip &= EIP;
        operation.execute(core, instruction);
        if (!core.mode.is64()) {
            core.state.rip &= EIP; // a repeated one has gone back to its beginning
        }
    }
}
