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
        abstract void iterate(Core core, Instruction instruction);

        /** The check that precedes all iterations, even if there are none. */
        void checkPermission(Core core, Instruction instruction) {}

        /** True if the flags let a repetition go on. */
        boolean continues(Core core, Instruction instruction) {
            return true;
        }

        @Override
        public final boolean repeatable() {
            return true;
        }

        @Override
        public final void execute(Core core, Instruction instruction) {
            checkPermission(core, instruction);
            if (instruction.has(Instruction.REP | Instruction.REPNE)) {
                repeat(core, instruction);
            } else {
                iterate(core, instruction);
            }
        }

        private void repeat(Core core, Instruction instruction) {
            InterruptState interrupts = core.state.interrupts;
            boolean more = false;
            if (register(core, instruction, Gpr.RCX) != 0) {
                iterate(core, instruction);
                Operands.writeRegister(core, Gpr.RCX, instruction.addressBits, core.state.gpr[Gpr.RCX] - 1);
                more = register(core, instruction, Gpr.RCX) != 0 && continues(core, instruction);
            }
            if (more) {
                interrupts.repeat(instruction.low, instruction.high);
                core.state.rip -= instruction.length;
                core.retired--;
            } else {
                interrupts.endRepetition();
            }
        }

        /** rCX, rSI or rDI at the address size. */
        private static long register(Core core, Instruction instruction, int register) {
            return core.state.gpr[register] & -1L >>> -instruction.addressBits;
        }

        /** Linear address of the source; its segment may be overridden. */
        static long source(Core core, Instruction instruction, int bits) {
            return Operands.linear(
                    core, instruction, instruction.segment, register(core, instruction, Gpr.RSI), bits, false);
        }

        /** Linear address of the destination, always in ES. */
        static long destination(Core core, Instruction instruction, int bits, boolean write) {
            return Operands.linear(core, instruction, Segment.ES, register(core, instruction, Gpr.RDI), bits, write);
        }

        static long readSource(Core core, Instruction instruction, int bits) {
            return core.memory.read(source(core, instruction, bits), bits, instruction.segment);
        }

        static long readDestination(Core core, Instruction instruction, int bits) {
            return core.memory.read(destination(core, instruction, bits, false), bits, Segment.ES);
        }

        static void writeDestination(Core core, Instruction instruction, int bits, long value) {
            core.memory.write(destination(core, instruction, bits, true), bits, value, Segment.ES);
        }

        /** Moves rSI or rDI by one element in the direction of DF; a 32-bit pointer is zero-extended (TP-081). */
        static void advance(Core core, Instruction instruction, int register, int bits) {
            int size = bits >>> 3;
            long step = core.state.flag(Rflags.DF) ? -size : size;
            Operands.writeRegister(core, register, instruction.addressBits, core.state.gpr[register] + step);
        }
    }

    static final class Movs extends StringOperation {
        Movs() {
            super("movs", row("A4", "Yb,Xb"), row("A5", "Yv,Xv"));
        }

        @Override
        void iterate(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            writeDestination(core, instruction, bits, readSource(core, instruction, bits));
            advance(core, instruction, Gpr.RSI, bits);
            advance(core, instruction, Gpr.RDI, bits);
        }
    }

    static final class Stos extends StringOperation {
        Stos() {
            super("stos", row("AA", "Yb,AL"), row("AB", "Yv,rAX"));
        }

        @Override
        void iterate(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            writeDestination(core, instruction, bits, core.state.gpr[Gpr.RAX]);
            advance(core, instruction, Gpr.RDI, bits);
        }
    }

    static final class Lods extends StringOperation {
        Lods() {
            super("lods", row("AC", "AL,Xb"), row("AD", "rAX,Xv"));
        }

        @Override
        void iterate(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            Operands.writeRegister(core, Gpr.RAX, bits, readSource(core, instruction, bits));
            advance(core, instruction, Gpr.RSI, bits);
        }
    }

    /** The comparisons repeat while ZF says so: set for F3, clear for F2 (TP-077). */
    abstract static class Comparison extends StringOperation {
        Comparison(String mnemonic, Encoding... encodings) {
            super(mnemonic, encodings);
        }

        @Override
        final boolean continues(Core core, Instruction instruction) {
            return core.state.flag(Rflags.ZF) == instruction.has(Instruction.REP);
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
        void iterate(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            // Which of two bad pointers faults is open: rDI's here and on AMD's family 25, model 1; rSI's on model 17.
            long destination = readDestination(core, instruction, bits);
            compare(core, readSource(core, instruction, bits), destination, bits);
            advance(core, instruction, Gpr.RSI, bits);
            advance(core, instruction, Gpr.RDI, bits);
        }
    }

    static final class Scas extends Comparison {
        Scas() {
            super("scas", row("AE", "AL,Yb"), row("AF", "rAX,Yv"));
        }

        @Override
        void iterate(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            compare(core, core.state.gpr[Gpr.RAX], readDestination(core, instruction, bits), bits);
            advance(core, instruction, Gpr.RDI, bits);
        }
    }

    /** INS and OUTS ask for permission to use the port before they look at the count (TP-076 is about memory). */
    abstract static class PortTransfer extends StringOperation {
        PortTransfer(String mnemonic, Encoding... encodings) {
            super(mnemonic, encodings);
        }

        @Override
        final void checkPermission(Core core, Instruction instruction) {
            InputOutput.checkPermission(core, port(core), bits(instruction) >>> 3);
        }

        static int port(Core core) {
            return (int) core.state.gpr[Gpr.RDX] & 0xffff;
        }

        /** Width of the operand that is not DX. */
        static int bits(Instruction instruction) {
            return Operand.bits(
                    Operand.kind(instruction.operand0) == Operand.PORT_DX
                            ? instruction.operand1
                            : instruction.operand0);
        }
    }

    /** The destination is checked before the port is read, because reading a port can have effects of its own. */
    static final class Ins extends PortTransfer {
        Ins() {
            super("ins", row("6C", "Yb,DX"), row("6D", "Yz,DX"));
        }

        @Override
        void iterate(Core core, Instruction instruction) {
            int bits = bits(instruction);
            long destination = destination(core, instruction, bits, true);
            core.memory.checkWrite(destination, bits >>> 3, Segment.ES);
            core.memory.write(destination, bits, InputOutput.in(core, port(core), bits >>> 3), Segment.ES);
            advance(core, instruction, Gpr.RDI, bits);
        }
    }

    static final class Outs extends PortTransfer {
        Outs() {
            super("outs", row("6E", "DX,Xb"), row("6F", "DX,Xz"));
        }

        @Override
        void iterate(Core core, Instruction instruction) {
            int bits = bits(instruction);
            InputOutput.out(core, port(core), bits >>> 3, readSource(core, instruction, bits));
            advance(core, instruction, Gpr.RSI, bits);
        }
    }
}
