package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** MOVS STOS LODS CMPS SCAS INS OUTS and their repetition (SDM vol. 2, REP and by name; TP-073 to TP-081). */
final class Strings {
    private Strings() {}

    static List<Operation> operations() {
        return List.of(new Movs(), new Stos(), new Lods(), new Cmps(), new Scas(), new Ins(), new Outs());
    }

    /**
     * A string instruction. Each execution is one iteration: while iterations remain RIP goes back to the instruction, so
     * that every event finds a boundary between them, and the instruction does not count as retired. It is fetched once: the
     * state keeps its bytes until it is done or interrupted, so that it may overwrite them (SDM vol. 2, "REP", operation).
     */
    abstract static class StringOperation extends Operation {
        StringOperation(String mnemonic, Encoding... encodings) {
            super(mnemonic, encodings);
        }

        /** One iteration, with nothing committed if it faults (TP-079). */
        abstract void iterate(Core core, Instruction insn);

        /** The check that precedes all iterations, even if there are none. */
        void checkPermission(Core core, Instruction insn) {}

        /** True if the flags let a repetition go on. */
        boolean continues(Core core, Instruction insn) {
            return true;
        }

        @Override
        public final boolean repeatable() {
            return true;
        }

        @Override
        public final void execute(Core core, Instruction insn) {
            checkPermission(core, insn);
            if (insn.has(Instruction.REP | Instruction.REPNE)) {
                repeat(core, insn);
            } else {
                iterate(core, insn);
            }
        }

        private void repeat(Core core, Instruction insn) {
            InterruptState interrupts = core.state.interrupts;
            boolean more = false;
            if (register(core, insn, Gpr.RCX) != 0) {
                iterate(core, insn);
                Operands.writeRegister(core, Gpr.RCX, insn.addressBits, core.state.gpr[Gpr.RCX] - 1);
                more = register(core, insn, Gpr.RCX) != 0 && continues(core, insn);
            }
            if (more) {
                interrupts.repeat(insn.low, insn.high);
                core.state.rip -= insn.length;
                core.retired--;
            } else {
                interrupts.endRepetition();
            }
        }

        /** rCX, rSI or rDI at the address size. */
        private static long register(Core core, Instruction insn, int register) {
            return core.state.gpr[register] & -1L >>> -insn.addressBits;
        }

        /** Linear address of the source; its segment may be overridden. */
        static long source(Core core, Instruction insn, int bits) {
            return Operands.linear(core, insn, insn.segment, register(core, insn, Gpr.RSI), bits, false);
        }

        /** Linear address of the destination, always in ES. */
        static long destination(Core core, Instruction insn, int bits, boolean write) {
            return Operands.linear(core, insn, Segment.ES, register(core, insn, Gpr.RDI), bits, write);
        }

        static long readSource(Core core, Instruction insn, int bits) {
            return core.memory.read(source(core, insn, bits), bits, insn.segment);
        }

        static long readDestination(Core core, Instruction insn, int bits) {
            return core.memory.read(destination(core, insn, bits, false), bits, Segment.ES);
        }

        static void writeDestination(Core core, Instruction insn, int bits, long value) {
            core.memory.write(destination(core, insn, bits, true), bits, value, Segment.ES);
        }

        /** Moves rSI or rDI by one element in the direction of DF; a 32-bit pointer is zero-extended (TP-081). */
        static void advance(Core core, Instruction insn, int register, int bits) {
            int size = bits >>> 3;
            long step = core.state.flag(Rflags.DF) ? -size : size;
            Operands.writeRegister(core, register, insn.addressBits, core.state.gpr[register] + step);
        }
    }

    static final class Movs extends StringOperation {
        Movs() {
            super("movs", row("A4", "Yb,Xb"), row("A5", "Yv,Xv"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = Operand.bits(insn.operand0);
            writeDestination(core, insn, bits, readSource(core, insn, bits));
            advance(core, insn, Gpr.RSI, bits);
            advance(core, insn, Gpr.RDI, bits);
        }
    }

    static final class Stos extends StringOperation {
        Stos() {
            super("stos", row("AA", "Yb,AL"), row("AB", "Yv,rAX"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = Operand.bits(insn.operand0);
            writeDestination(core, insn, bits, core.state.gpr[Gpr.RAX]);
            advance(core, insn, Gpr.RDI, bits);
        }
    }

    static final class Lods extends StringOperation {
        Lods() {
            super("lods", row("AC", "AL,Xb"), row("AD", "rAX,Xv"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = Operand.bits(insn.operand0);
            Operands.writeRegister(core, Gpr.RAX, bits, readSource(core, insn, bits));
            advance(core, insn, Gpr.RSI, bits);
        }
    }

    /** The comparisons repeat while ZF says so: set for F3, clear for F2 (TP-077). */
    abstract static class Comparison extends StringOperation {
        Comparison(String mnemonic, Encoding... encodings) {
            super(mnemonic, encodings);
        }

        @Override
        final boolean continues(Core core, Instruction insn) {
            return core.state.flag(Rflags.ZF) == insn.has(Instruction.REP);
        }

        static void compare(Core core, long a, long b, int bits) {
            core.state.status(Rflags.ofSubtract(a, b, a - b, bits));
        }
    }

    static final class Cmps extends Comparison {
        Cmps() {
            super("cmps", row("A6", "Xb,Yb"), row("A7", "Xv,Yv"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = Operand.bits(insn.operand0);
            // Which of two bad pointers faults is open: rDI's here and on AMD's family 25, model 1; rSI's on model 17.
            long destination = readDestination(core, insn, bits);
            compare(core, readSource(core, insn, bits), destination, bits);
            advance(core, insn, Gpr.RSI, bits);
            advance(core, insn, Gpr.RDI, bits);
        }
    }

    static final class Scas extends Comparison {
        Scas() {
            super("scas", row("AE", "AL,Yb"), row("AF", "rAX,Yv"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = Operand.bits(insn.operand0);
            compare(core, core.state.gpr[Gpr.RAX], readDestination(core, insn, bits), bits);
            advance(core, insn, Gpr.RDI, bits);
        }
    }

    /** INS and OUTS ask for permission to use the port before they look at the count (TP-076 is about memory). */
    abstract static class PortTransfer extends StringOperation {
        PortTransfer(String mnemonic, Encoding... encodings) {
            super(mnemonic, encodings);
        }

        @Override
        final void checkPermission(Core core, Instruction insn) {
            InputOutput.checkPermission(core, port(core), bits(insn) >>> 3);
        }

        static int port(Core core) {
            return (int) core.state.gpr[Gpr.RDX] & 0xffff;
        }

        /** Width of the operand that is not DX. */
        static int bits(Instruction insn) {
            return Operand.bits(Operand.kind(insn.operand0) == Operand.PORT_DX ? insn.operand1 : insn.operand0);
        }
    }

    /** The destination is checked before the port is read, because reading a port can have effects of its own. */
    static final class Ins extends PortTransfer {
        Ins() {
            super("ins", row("6C", "Yb,DX"), row("6D", "Yz,DX"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = bits(insn);
            long destination = destination(core, insn, bits, true);
            core.memory.checkWrite(destination, bits >>> 3, Segment.ES);
            core.memory.write(destination, bits, InputOutput.in(core, port(core), bits >>> 3), Segment.ES);
            advance(core, insn, Gpr.RDI, bits);
        }
    }

    static final class Outs extends PortTransfer {
        Outs() {
            super("outs", row("6E", "DX,Xb"), row("6F", "DX,Xz"));
        }

        @Override
        void iterate(Core core, Instruction insn) {
            int bits = bits(insn);
            InputOutput.out(core, port(core), bits >>> 3, readSource(core, insn, bits));
            advance(core, insn, Gpr.RSI, bits);
        }
    }
}
