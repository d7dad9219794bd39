package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** AND OR XOR TEST NOT ANDN (SDM vol. 2, by name). AF, which the manual leaves undefined, is cleared as on AMD Zen 3. */
final class Logic {
    private Logic() {}

    static List<Operation> operations() {
        return List.of(new And(), new Or(), new Xor(), new Test(), new Not(), new Andn());
    }

    static final class And extends LockableOperation {
        And() {
            super("and", Encoding.binaryRows(4));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long result = a & Operands.read(core, instruction, instruction.operand1);
            Operands.write(core, instruction, instruction.operand0, result);
            core.state.status(Rflags.ofLogic(result, Operand.bits(instruction.operand0)));
        }
    }

    static final class Or extends LockableOperation {
        Or() {
            super("or", Encoding.binaryRows(1));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long result = a | Operands.read(core, instruction, instruction.operand1);
            Operands.write(core, instruction, instruction.operand0, result);
            core.state.status(Rflags.ofLogic(result, Operand.bits(instruction.operand0)));
        }
    }

    static final class Xor extends LockableOperation {
        Xor() {
            super("xor", Encoding.binaryRows(6));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long result = a ^ Operands.read(core, instruction, instruction.operand1);
            Operands.write(core, instruction, instruction.operand0, result);
            core.state.status(Rflags.ofLogic(result, Operand.bits(instruction.operand0)));
        }
    }

    /** F6 /1 and F7 /1 are aliases of /0 (TP-245). */
    static final class Test extends Operation {
        Test() {
            super(
                    "test",
                    row("84 /r", "Eb,Gb"),
                    row("85 /r", "Ev,Gv"),
                    row("A8", "AL,Ib"),
                    row("A9", "rAX,Iz"),
                    row("F6 /0", "Eb,Ib"),
                    row("F6 /1", "Eb,Ib"),
                    row("F7 /0", "Ev,Iz"),
                    row("F7 /1", "Ev,Iz"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long result = Operands.read(core, instruction, instruction.operand0)
                    & Operands.read(core, instruction, instruction.operand1);
            core.state.status(Rflags.ofLogic(result, Operand.bits(instruction.operand0)));
        }
    }

    static final class Not extends LockableOperation {
        Not() {
            super("not", row("F6 /2", "Eb"), row("F7 /2", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            Operands.write(core, instruction, instruction.operand0, ~a);
        }
    }

    static final class Andn extends Operation {
        Andn() {
            super("andn", row("VEX.L0.NP.0F38 F2 /r", "Gy,By,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.read(core, instruction, instruction.operand1);
            long result = ~a & Operands.read(core, instruction, instruction.operand2);
            Operands.write(core, instruction, instruction.operand0, result);
            core.state.status(Rflags.ofLogic(result, Operand.bits(instruction.operand0)));
        }
    }
}
