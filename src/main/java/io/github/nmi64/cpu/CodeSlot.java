package io.github.nmi64.cpu;

import io.github.nmi64.isa.Instruction;
import io.github.nmi64.op.Operation;

/** A decoded instruction with what the loop needs of it at hand. */
final class CodeSlot {
    final Instruction instruction;
    final Operation operation;
    /** Length in bytes. */
    final int length;
    /** Cost in cycles. */
    final int cost;

    CodeSlot(Instruction instruction, Operation operation, int cost) {
        this.instruction = instruction;
        this.operation = operation;
        this.length = instruction.length;
        this.cost = cost;
    }
}
