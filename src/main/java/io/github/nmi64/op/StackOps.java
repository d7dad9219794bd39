package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Stack;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** PUSH POP PUSHF POPF PUSHA POPA ENTER LEAVE (SDM vol. 2, by name). */
final class StackOps {
    private StackOps() {}

    static List<Operation> operations() {
        return List.of(
                new Push(), new Pop(), new Pushf(), new Popf(), new Pusha(), new Popa(), new Enter(), new Leave());
    }

    /** The operand is read, and its address computed, before RSP moves (TP-247). */
    static final class Push extends Operation {
        Push() {
            super(
                    "push",
                    row("def64 50+r", "Zv"),
                    row("def64 68", "Iz").att("pushw|push|push"),
                    row("def64 6A", "sIb").att("pushw|push|push"),
                    row("def64 FF /6", "Ev").att("push?|push|push"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Stack.push(
                    core, Operand.bits(instruction.operand0), Operands.read(core, instruction, instruction.operand0));
        }
    }

    /** The destination's address, and RSP as a destination, are those after RSP has moved (TP-247). */
    static final class Pop extends Operation {
        Pop() {
            super("pop", row("def64 58+r", "Zv"), row("def64 8F /0", "Ev").att("pop?|pop|pop"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long before = core.state.gpr[Gpr.RSP];
            long value = Stack.pop(core, Operand.bits(instruction.operand0));
            try {
                Operands.write(core, instruction, instruction.operand0, value);
            } catch (Fault fault) {
                core.state.gpr[Gpr.RSP] = before;
                throw fault;
            }
        }
    }

    static final class Pushf extends Operation {
        Pushf() {
            super("pushf", row("def64 9C").att("pushfw|pushf|pushf"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Stack.push(core, instruction.operandBits, core.state.rflags & ~(Rflags.RF | Rflags.VM));
        }
    }

    /** What CPL and IOPL do not allow to change stays as it is, without a fault; RF becomes 0 (TP-250). */
    static final class Popf extends Operation {
        private static final long ALWAYS = Rflags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT | Rflags.AC | Rflags.ID;

        Popf() {
            super("popf", row("def64 9D").att("popfw|popf|popf"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long changeable = changeable(core) & -1L >>> -instruction.operandBits;
            long popped = Stack.pop(core, instruction.operandBits);
            long kept = core.state.rflags & ~(changeable | Rflags.RF);
            core.rflags(kept | popped & changeable);
        }

        private static long changeable(Core core) {
            return ALWAYS
                    | (core.state.cpl <= core.state.iopl() ? Rflags.IF : 0)
                    | (core.state.cpl == 0 ? Rflags.IOPL : 0);
        }
    }

    static final class Pusha extends Operation {
        Pusha() {
            super("pusha", row("not64 60").att("pushaw|pusha|pusha"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int size = instruction.operandBits >>> 3;
            for (int register = Gpr.RAX; register <= Gpr.RDI; register++) {
                Stack.store(core, -size * (register + 1L), instruction.operandBits, core.state.gpr[register]);
            }
            Stack.adjust(core, -8L * size);
        }
    }

    /**
     * Pops in order, and a fault is that of the first slot that is missing. The image of SP is read like the others, as
     * processors show (AMD Zen 3, measured), and thrown away.
     */
    static final class Popa extends Operation {
        Popa() {
            super("popa", row("not64 61").att("popaw|popa|popa"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = instruction.operandBits;
            long bytes = bits >>> 3;
            for (int slot = 0; slot < 8; slot++) {
                Stack.load(core, slot * bytes, bits); // no fault may happen once the first register has changed
            }
            for (int register = Gpr.RDI; register >= Gpr.RAX; register--) {
                if (register != Gpr.RSP) {
                    Operands.writeRegister(core, register, bits, Stack.load(core, (7 - register) * bytes, bits));
                }
            }
            Stack.adjust(core, 8 * bytes);
        }
    }

    /**
     * Pushes rBP, then for nesting level n &gt; 0 the n - 1 frame pointers found below the old rBP and the new frame
     * pointer itself. Faults also if the final stack pointer could not be written through.
     */
    static final class Enter extends Operation {
        Enter() {
            super("enter", row("def64 C8", "Iw,Ib").att("enterw|enter|enter ="));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = instruction.operandBits;
            long bytes = bits >>> 3;
            int level = instruction.immediate2 & 31;
            long[] gpr = core.state.gpr;
            Stack.store(core, -bytes, bits, gpr[Gpr.RBP]);
            for (int i = 1; i < level; i++) {
                long pointer = Stack.linear(core, gpr[Gpr.RBP] - i * bytes, (int) bytes, false);
                Stack.store(core, -bytes * (i + 1), bits, core.memory.read(pointer, bits, Segment.SS));
            }
            long frame = gpr[Gpr.RSP] - bytes;
            if (level > 0) {
                Stack.store(core, -bytes * (level + 1), bits, frame);
            }
            long moved = -bytes * (level + 1) - (instruction.immediate & 0xffff);
            long last = Stack.linear(core, gpr[Gpr.RSP] + moved, (int) bytes, true);
            core.memory.checkWrite(last, (int) bytes, Segment.SS);
            Stack.adjust(core, moved);
            Operands.writeRegister(core, Gpr.RBP, bits, frame);
        }
    }

    static final class Leave extends Operation {
        Leave() {
            super("leave", row("def64 C9").att("leavew|leave|leave"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = instruction.operandBits;
            long frame = core.state.gpr[Gpr.RBP];
            long address = Stack.linear(core, frame, bits >>> 3, false);
            long value = core.memory.read(address, bits, Segment.SS);
            Stack.pointer(core, frame + (bits >>> 3));
            Operands.writeRegister(core, Gpr.RBP, bits, value);
        }
    }
}
