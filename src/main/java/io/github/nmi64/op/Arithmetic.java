package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.List;

/** ADD ADC SUB SBB CMP INC DEC NEG ADCX ADOX (SDM vol. 2, by name). */
final class Arithmetic {
    private Arithmetic() {}

    static List<Operation> operations() {
        return List.of(
                new Add(),
                new Adc(),
                new Sub(),
                new Sbb(),
                new Cmp(),
                new Inc(),
                new Dec(),
                new Neg(),
                new Adcx(),
                new Adox());
    }

    static final class Add extends LockableOperation {
        Add() {
            super("add", Encoding.binaryRows(0));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long sum = a + b;
            Operands.write(core, instruction, instruction.operand0, sum);
            core.state.status(Rflags.ofAdd(a, b, sum, Operand.bits(instruction.operand0)));
        }
    }

    static final class Adc extends LockableOperation {
        Adc() {
            super("adc", Encoding.binaryRows(2));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long sum = a + b + (core.state.rflags & Rflags.CF);
            Operands.write(core, instruction, instruction.operand0, sum);
            core.state.status(Rflags.ofAdd(a, b, sum, Operand.bits(instruction.operand0)));
        }
    }

    static final class Sub extends LockableOperation {
        Sub() {
            super("sub", Encoding.binaryRows(5));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long difference = a - b;
            Operands.write(core, instruction, instruction.operand0, difference);
            core.state.status(Rflags.ofSubtract(a, b, difference, Operand.bits(instruction.operand0)));
        }
    }

    static final class Sbb extends LockableOperation {
        Sbb() {
            super("sbb", Encoding.binaryRows(3));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long difference = a - b - (core.state.rflags & Rflags.CF);
            Operands.write(core, instruction, instruction.operand0, difference);
            core.state.status(Rflags.ofSubtract(a, b, difference, Operand.bits(instruction.operand0)));
        }
    }

    static final class Cmp extends Operation {
        Cmp() {
            super("cmp", Encoding.binaryRows(7));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.read(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            core.state.status(Rflags.ofSubtract(a, b, a - b, Operand.bits(instruction.operand0)));
        }
    }

    static final class Inc extends LockableOperation {
        private static final long AFFECTED = Rflags.STATUS & ~Rflags.CF;

        Inc() {
            super("inc", row("FE /0", "Eb"), row("FF /0", "Ev"), row("not64 40+r", "Zv"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long sum = a + 1;
            Operands.write(core, instruction, instruction.operand0, sum);
            core.state.status(AFFECTED, Rflags.ofAdd(a, 1, sum, Operand.bits(instruction.operand0)) & AFFECTED);
        }
    }

    static final class Dec extends LockableOperation {
        Dec() {
            super("dec", row("FE /1", "Eb"), row("FF /1", "Ev"), row("not64 48+r", "Zv"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            long difference = a - 1;
            Operands.write(core, instruction, instruction.operand0, difference);
            long flags = Rflags.ofSubtract(a, 1, difference, Operand.bits(instruction.operand0));
            core.state.status(Inc.AFFECTED, flags & Inc.AFFECTED);
        }
    }

    static final class Neg extends LockableOperation {
        Neg() {
            super("neg", row("F6 /3", "Eb"), row("F7 /3", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.readDestination(core, instruction, instruction.operand0);
            Operands.write(core, instruction, instruction.operand0, -a);
            core.state.status(Rflags.ofSubtract(0, a, -a, Operand.bits(instruction.operand0)));
        }
    }

    /** Addition whose carry comes from and goes to CF and which leaves every other flag alone. */
    static final class Adcx extends Operation {
        Adcx() {
            super("adcx", row("66 0F 38 F6 /r", "Gy,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.read(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long sum = a + b + (core.state.rflags & Rflags.CF);
            Operands.write(core, instruction, instruction.operand0, sum);
            core.state.status(Rflags.CF, Rflags.ofAdd(a, b, sum, Operand.bits(instruction.operand0)) & Rflags.CF);
        }
    }

    /** The same with OF in the place of CF, so that two chains of additions can run side by side. */
    static final class Adox extends Operation {
        Adox() {
            super("adox", row("F3 0F 38 F6 /r", "Gy,Ey"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long a = Operands.read(core, instruction, instruction.operand0);
            long b = Operands.read(core, instruction, instruction.operand1);
            long sum = a + b + (core.state.flag(Rflags.OF) ? 1 : 0);
            Operands.write(core, instruction, instruction.operand0, sum);
            long carry = Rflags.ofAdd(a, b, sum, Operand.bits(instruction.operand0)) & Rflags.CF;
            core.state.status(Rflags.OF, carry << 11);
        }
    }
}
