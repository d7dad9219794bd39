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

    static final class Add extends LockableOperation {
        Add() {
            super("add", binaryRows(0));
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

    static final class Adc extends LockableOperation {
        Adc() {
            super("adc", binaryRows(2));
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

    static final class Sub extends LockableOperation {
        Sub() {
            super("sub", binaryRows(5));
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

    static final class Sbb extends LockableOperation {
        Sbb() {
            super("sbb", binaryRows(3));
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

    static final class Inc extends LockableOperation {
        private static final long AFFECTED = Rflags.STATUS & ~Rflags.CF;

        Inc() {
            super("inc", row("FE /0", "Eb"), row("FF /0", "Ev"), row("not64 40+r", "Zv"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            long sum = a + 1;
            Operands.write(core, insn, insn.operand0, sum);
            core.state.status(AFFECTED, Rflags.ofAdd(a, 1, sum, Operand.bits(insn.operand0)) & AFFECTED);
        }
    }

    static final class Dec extends LockableOperation {
        Dec() {
            super("dec", row("FE /1", "Eb"), row("FF /1", "Ev"), row("not64 48+r", "Zv"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            long difference = a - 1;
            Operands.write(core, insn, insn.operand0, difference);
            long flags = Rflags.ofSubtract(a, 1, difference, Operand.bits(insn.operand0));
            core.state.status(Inc.AFFECTED, flags & Inc.AFFECTED);
        }
    }

    static final class Neg extends LockableOperation {
        Neg() {
            super("neg", row("F6 /3", "Eb"), row("F7 /3", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.readDestination(core, insn, insn.operand0);
            Operands.write(core, insn, insn.operand0, -a);
            core.state.status(Rflags.ofSubtract(0, a, -a, Operand.bits(insn.operand0)));
        }
    }

    /** Addition whose carry comes from and goes to CF and which leaves every other flag alone. */
    static final class Adcx extends Operation {
        Adcx() {
            super("adcx", row("66 0F 38 F6 /r", "Gy,Ey"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.read(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            long sum = a + b + (core.state.rflags & Rflags.CF);
            Operands.write(core, insn, insn.operand0, sum);
            core.state.status(Rflags.CF, Rflags.ofAdd(a, b, sum, Operand.bits(insn.operand0)) & Rflags.CF);
        }
    }

    /** The same with OF in the place of CF, so that two chains of additions can run side by side. */
    static final class Adox extends Operation {
        Adox() {
            super("adox", row("F3 0F 38 F6 /r", "Gy,Ey"));
        }

        @Override
        public void execute(Core core, Instruction insn) {
            long a = Operands.read(core, insn, insn.operand0);
            long b = Operands.read(core, insn, insn.operand1);
            long sum = a + b + (core.state.flag(Rflags.OF) ? 1 : 0);
            Operands.write(core, insn, insn.operand0, sum);
            long carry = Rflags.ofAdd(a, b, sum, Operand.bits(insn.operand0)) & Rflags.CF;
            core.state.status(Rflags.OF, carry << 11);
        }
    }
}
