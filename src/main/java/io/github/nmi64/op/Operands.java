package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.core.SegmentAccess;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;

/**
 * Reads and writes operands. Values are zero-extended to 64 bits; writes use the low bits. A 32-bit write to a register
 * clears its upper half, narrower ones keep the rest (SDM vol. 1, 3.4.1.1).
 */
public final class Operands {
    private Operands() {}

    /** Value of one of the instruction's operands. */
    public static long read(Core core, Instruction instruction, int operand) {
        int bits = Operand.bits(operand);
        return switch (Operand.kind(operand)) {
            case Operand.GPR -> core.state.gpr[Operand.register(operand)] & -1L >>> -bits;
            case Operand.MEMORY -> core.memory.read(address(core, instruction, bits, false), bits, instruction.segment);
            case Operand.HIGH_BYTE -> core.state.gpr[Operand.register(operand)] >>> 8 & 0xff;
            case Operand.IMMEDIATE, Operand.ONE -> instruction.immediate & -1L >>> -bits;
            case Operand.IMMEDIATE2 -> instruction.immediate2 & 0xffff_ffffL;
            case Operand.SEGMENT -> core.state.segments.selector[Operand.register(operand)];
            default -> throw new IllegalStateException("operand kind " + Operand.kind(operand));
        };
    }

    /** Like {@link #read} for a destination that will be written back: memory faults as a write does. */
    public static long readDestination(Core core, Instruction instruction, int operand) {
        if (Operand.kind(operand) == Operand.MEMORY) {
            int bits = Operand.bits(operand);
            return core.memory.readForWrite(address(core, instruction, bits, true), bits, instruction.segment);
        }
        return read(core, instruction, operand);
    }

    /** Writes the low bits of {@code value} to a register or memory operand. */
    public static void write(Core core, Instruction instruction, int operand, long value) {
        int bits = Operand.bits(operand);
        switch (Operand.kind(operand)) {
            case Operand.GPR -> writeRegister(core, Operand.register(operand), bits, value);
            case Operand.MEMORY ->
                core.memory.write(address(core, instruction, bits, true), bits, value, instruction.segment);
            case Operand.HIGH_BYTE -> {
                long[] gpr = core.state.gpr;
                int register = Operand.register(operand);
                gpr[register] = gpr[register] & ~0xff00L | (value & 0xff) << 8;
            }
            default -> throw new IllegalStateException("operand kind " + Operand.kind(operand));
        }
    }

    /** Writes a general-purpose register at a width of 8, 16, 32 or 64 bits. */
    public static void writeRegister(Core core, int register, int bits, long value) {
        long[] gpr = core.state.gpr;
        gpr[register] = switch (bits) {
            case 64 -> value;
            case 32 -> value & 0xffff_ffffL;
            case 16 -> gpr[register] & ~0xffffL | value & 0xffff;
            default -> gpr[register] & ~0xffL | value & 0xff;
        };
    }

    /** True if the operand is a memory operand. */
    public static boolean isMemory(int operand) {
        return Operand.kind(operand) == Operand.MEMORY;
    }

    /** Linear address of the memory operand, checked against its segment where segments have limits. */
    public static long address(Core core, Instruction instruction, int bits, boolean write) {
        long[] gpr = core.state.gpr;
        long offset = gpr[instruction.base] + (gpr[instruction.index] << instruction.scale) + instruction.displacement;
        return switch (instruction.addressForm) {
            case Instruction.FLAT -> offset;
            case Instruction.RIP_RELATIVE -> offset + core.state.rip;
            default -> linear(core, instruction, instruction.segment, effective(core, instruction), bits, write);
        };
    }

    /** Effective address: the offset within the segment, truncated to the address size (LEA's result). */
    public static long effective(Core core, Instruction instruction) {
        long[] gpr = core.state.gpr;
        long offset = gpr[instruction.base] + (gpr[instruction.index] << instruction.scale) + instruction.displacement;
        if (instruction.ripRelative) {
            offset += core.state.rip;
        }
        return offset & -1L >>> -instruction.addressBits;
    }

    /** Linear address of an offset in a segment: adds FS and GS bases in 64-bit mode, all bases and checks elsewhere. */
    public static long linear(Core core, Instruction instruction, int segment, long offset, int bits, boolean write) {
        if (!instruction.mode.is64()) {
            return SegmentAccess.linear(core, segment, offset, bits >>> 3, write);
        }
        if (segment < Segment.FS) {
            return offset;
        }
        if (core.rules.amd() && !isCanonicalRange(offset, bits >>> 3)) {
            throw Fault.generalProtection(0); // even if the sum is canonical: measured on family 19h
        }
        return offset + core.state.segments.base[segment];
    }

    private static boolean isCanonicalRange(long offset, int size) {
        return LinearMemory.isCanonical(offset) && LinearMemory.isCanonical(offset + Math.max(size, 1) - 1);
    }
}
