package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** XADD CMPXCHG CMPXCHG8B CMPXCHG16B (SDM vol. 2, by name): read, compute and write back, usually under LOCK. */
final class Exchanges {
    private Exchanges() {}

    static List<Operation> operations() {
        return List.of(new Xadd(), new Cmpxchg(), new Cmpxchg8b(), new Cmpxchg16b());
    }

    static final class Xadd extends LockableOperation {
        Xadd() {
            super("xadd", row("0F C0 /r", "Eb,Gb"), row("0F C1 /r", "Ev,Gv"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long sum = a + b;
            if (Operands.isMemory(instruction.operand0)) {
                Operands.write(
                        core, instruction, instruction.operand0, sum); // first: the source may be part of the address
                Operands.write(core, instruction, instruction.operand1, a);
            } else {
                Operands.write(core, instruction, instruction.operand1, a);
                Operands.write(core, instruction, instruction.operand0, sum); // last: it wins if both are one register
            }
            core.state.status(Rflags.ofAdd(a, b, sum, Operand.bits(instruction.operand0)));
        }
    }

    /** A destination in memory is written in any case, with its old value if the comparison fails (TP-248). */
    static final class Cmpxchg extends LockableOperation {
        Cmpxchg() {
            super("cmpxchg", row("0F B0 /r", "Eb,Gb"), row("0F B1 /r", "Ev,Gv"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long old = Operands.readDestination(core, instruction, instruction.operand0);
            long accumulator = core.state.gpr[Gpr.RAX] & -1L >>> -bits;
            if (old == accumulator) {
                Operands.write(
                        core,
                        instruction,
                        instruction.operand0,
                        Operands.read(core, instruction, instruction.operand1));
            } else {
                if (Operands.isMemory(instruction.operand0)) {
                    Operands.write(core, instruction, instruction.operand0, old);
                }
                Operands.writeRegister(core, Gpr.RAX, bits, old);
            }
            core.state.status(Rflags.ofSubtract(accumulator, old, accumulator - old, bits));
        }
    }

    static final class Cmpxchg8b extends LockableOperation {
        Cmpxchg8b() {
            super("cmpxchg8b", row("W0 0F C7 /1", "Mq").att("cmpxchg8b"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long[] gpr = core.state.gpr;
            long old = Operands.readDestination(core, instruction, instruction.operand0);
            long expected = pair(gpr[Gpr.RDX], gpr[Gpr.RAX]);
            boolean equal = old == expected;
            Operands.write(core, instruction, instruction.operand0, equal ? pair(gpr[Gpr.RCX], gpr[Gpr.RBX]) : old);
            if (!equal) {
                gpr[Gpr.RAX] = old & 0xffff_ffffL;
                gpr[Gpr.RDX] = old >>> 32;
            }
            core.state.status(Rflags.ZF, equal ? Rflags.ZF : 0);
        }

        private static long pair(long high, long low) {
            return high << 32 | low & 0xffff_ffffL;
        }
    }

    static final class Cmpxchg16b extends LockableOperation {
        Cmpxchg16b() {
            super("cmpxchg16b", row("REX.W 0F C7 /1", "Mo").att("cmpxchg16b"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long address = Operands.address(core, instruction, 128, true);
            if ((address & 15) != 0) {
                throw Fault.generalProtection(0);
            }
            long[] gpr = core.state.gpr;
            long low = core.memory.readForWrite(address, 64, instruction.segment);
            long high = core.memory.readForWrite(address + 8, 64, instruction.segment);
            boolean equal = low == gpr[Gpr.RAX] && high == gpr[Gpr.RDX];
            core.memory.write(address, 64, equal ? gpr[Gpr.RBX] : low, instruction.segment);
            core.memory.write(address + 8, 64, equal ? gpr[Gpr.RCX] : high, instruction.segment);
            if (!equal) {
                gpr[Gpr.RAX] = low;
                gpr[Gpr.RDX] = high;
            }
            core.state.status(Rflags.ZF, equal ? Rflags.ZF : 0);
        }
    }
}
