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
    static FarPointer read(Core core, Instruction insn) {
        if (Operand.kind(insn.operand0) == Operand.FAR_POINTER) {
            return new FarPointer(insn.immediate2 & 0xffff, insn.immediate, insn.operandBits);
        }
        int bits = offsetBits(core, insn);
        long address = Operands.address(core, insn, bits + 16, false);
        long offset = core.memory.read(address, bits, insn.segment);
        int selector = (int) core.memory.read(address + (bits >>> 3), 16, insn.segment);
        return new FarPointer(selector, offset, bits);
    }

    /** Intel reads m16:64 with REX.W, AMD ignores REX.W here (TP-224). */
    static int offsetBits(Core core, Instruction insn) {
        return insn.operandBits == 64 && core.rules.amd() ? 32 : insn.operandBits;
    }
}
