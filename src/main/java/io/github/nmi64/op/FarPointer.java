package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;

/**
 * The operand of far jumps, far calls and LSS and its like.
 *
 * @param selector 16 bits
 * @param offset zero-extended
 * @param offsetBits width of the offset: 16, 32 or 64
 */
record FarPointer(int selector, long offset, int offsetBits) {
    /** Reads the instruction's far pointer: the only operand that is memory, or the one in the instruction. */
    static FarPointer read(Core core, Instruction instruction) {
        if (Operand.kind(instruction.operand0) == Operand.FAR_POINTER) {
            return new FarPointer(instruction.immediate2 & 0xffff, instruction.immediate, instruction.operandBits);
        }
        int bits = offsetBits(core, instruction);
        long address = Operands.address(core, instruction, bits + 16, false);
        long offset = core.memory.read(address, bits, instruction.segment);
        int selector = (int) core.memory.read(address + (bits >>> 3), 16, instruction.segment);
        return new FarPointer(selector, offset, bits);
    }

    /** Intel reads m16:64 with REX.W, AMD ignores REX.W here (TP-224). */
    static int offsetBits(Core core, Instruction instruction) {
        return instruction.operandBits == 64 && core.rules.amd() ? 32 : instruction.operandBits;
    }
}
