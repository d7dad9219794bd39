package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** ADD ADC SUB SBB CMP INC DEC NEG XADD (SDM vol. 2, by name). */
final class Arithmetic {
    private Arithmetic() {}

    static List<Operation> operations() {
        return List.of(new Add(), new Adc(), new Sub(), new Sbb(), new Cmp());
    }

    /** The nine encodings that ADD, OR, ADC, SBB, AND, SUB, XOR and CMP share; {@code digit} is their number. */
    static Encoding[] binaryRows(int digit) {
        String opcode = "%02X /r";
        return new Encoding[] {
            Encoding.of(opcode.formatted(digit * 8), "Eb,Gb"),
            Encoding.of(opcode.formatted(digit * 8 + 1), "Ev,Gv"),
            Encoding.of(opcode.formatted(digit * 8 + 2), "Gb,Eb"),
            Encoding.of(opcode.formatted(digit * 8 + 3), "Gv,Ev"),
            Encoding.of("%02X".formatted(digit * 8 + 4), "AL,Ib"),
            Encoding.of("%02X".formatted(digit * 8 + 5), "rAX,Iz"),
            Encoding.of("80 /" + digit, "Eb,Ib"),
            Encoding.of("not64 82 /" + digit, "Eb,Ib"),
            Encoding.of("81 /" + digit, "Ev,Iz"),
            Encoding.of("83 /" + digit, "Ev,sIb"),
        };
    }

    static final class Add extends Operation {
        Add() {
            super("add", binaryRows(0));
        }

        @Override
        public boolean lockable() {
            return true;
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            long sum = a + b;
            Operands.write(core, insn, insn.operand0, sum);
            core.state.status(Rflags.ofAdd(a, b, sum, Operand.bits(insn.operand0)));
        }
    }

    static final class Adc extends Operation {
        Adc() {
            super("adc", binaryRows(2));
        }

        @Override
        public boolean lockable() {
            return true;
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            long sum = a + b + (core.state.rflags & Rflags.CF);
            Operands.write(core, insn, insn.operand0, sum);
            core.state.status(Rflags.ofAdd(a, b, sum, Operand.bits(insn.operand0)));
        }
    }

    static final class Sub extends Operation {
        Sub() {
            super("sub", binaryRows(5));
        }

        @Override
        public boolean lockable() {
            return true;
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            long difference = a - b;
            Operands.write(core, insn, insn.operand0, difference);
            core.state.status(Rflags.ofSubtract(a, b, difference, Operand.bits(insn.operand0)));
        }
    }

    static final class Sbb extends Operation {
        Sbb() {
            super("sbb", binaryRows(3));
        }

        @Override
        public boolean lockable() {
            return true;
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            long difference = a - b - (core.state.rflags & Rflags.CF);
            Operands.write(core, insn, insn.operand0, difference);
            core.state.status(Rflags.ofSubtract(a, b, difference, Operand.bits(insn.operand0)));
        }
    }

    static final class Cmp extends Operation {
        Cmp() {
            super("cmp", binaryRows(7));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.read(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            core.state.status(Rflags.ofSubtract(a, b, a - b, Operand.bits(insn.operand0)));
        }
    }
}
