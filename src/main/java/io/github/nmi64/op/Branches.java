package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Stack;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;

/**
 * Near transfers: Jcc JMP CALL RET LOOPcc JrCXZ (SDM vol. 2 and APM vol. 3, by name). In 64-bit mode their operand size is
 * 64 bits; a prefix 66 without REX.W makes it 16 with AMD and is ignored by Intel (TP-223). A 16-bit operand size truncates
 * the target to 16 bits.
 */
final class Branches {
    private Branches() {}

    static List<Operation> operations() {
        List<Operation> all = new ArrayList<>(List.of(new Jmp(), new Call(), new Ret()));
        all.addAll(List.of(new Loop(), new Loope(), new Loopne()));
        all.addAll(List.of(new JumpIfCountZero("jcxz", 16), new JumpIfCountZero("jecxz", 32)));
        all.add(new JumpIfCountZero("jrcxz", 64));
        for (int condition = 0; condition < Condition.COUNT; condition++) {
            all.add(new Jcc(condition));
        }
        return List.copyOf(all);
    }

    /** Where a relative operand points: {@code core.state.rip} is the next instruction. */
    private static long relativeTarget(Core core, Instruction instruction) {
        return core.state.rip + instruction.immediate & -1L >>> -Operand.bits(instruction.operand0);
    }

    private static long target(Core core, Instruction instruction) {
        return Operand.kind(instruction.operand0) == Operand.RELATIVE
                ? relativeTarget(core, instruction)
                : Operands.read(core, instruction, instruction.operand0);
    }

    static final class Jcc extends Operation {
        private final int condition;

        Jcc(int condition) {
            super(
                    "j" + Condition.NAMES.get(condition),
                    row("near64 %X".formatted(0x70 + condition), "Jb"),
                    row("near64 0F %X".formatted(0x80 + condition), "Jz"));
            this.condition = condition;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            if (Condition.holds(condition, core.state.rflags)) {
                core.branch(relativeTarget(core, instruction));
            }
        }
    }

    static final class Jmp extends Operation {
        Jmp() {
            super(
                    "jmp",
                    row("near64 EB", "Jb"),
                    row("near64 E9", "Jz").att("jmpw|jmp|jmp"),
                    row("near64 FF /4", "Ev").att("jmp?|jmp|jmp *"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            core.branch(target(core, instruction));
        }
    }

    /** The target is checked before the return address is pushed (TP-221). */
    static final class Call extends Operation {
        Call() {
            super(
                    "call",
                    row("near64 E8", "Jz").att("callw|call|call"),
                    row("near64 FF /2", "Ev").att("call?|call|call *"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long target = target(core, instruction);
            // Before the push, as in SDM vol. 2, CALL; AMD's family 25 reports a bad stack first.
            core.checkBranch(target);
            Stack.push(core, Operand.bits(instruction.operand0), core.state.rip);
            core.state.rip = target;
        }
    }

    /** The immediate counts bytes to remove from the stack after the return address. */
    static final class Ret extends Operation {
        Ret() {
            super(
                    "ret",
                    row("near64 C3").att("retw|ret|ret"),
                    row("near64 C2", "Iw").att("retw|ret|ret"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            core.branch(Stack.load(core, 0, instruction.operandBits));
            Stack.adjust(core, (instruction.operandBits >>> 3) + (instruction.immediate & 0xffff));
        }
    }

    /** Counts rCX (by address size) down, then jumps if it is not zero and {@code wanted} holds. */
    private static void loop(Core core, Instruction instruction, boolean wanted) {
        long count = core.state.gpr[Gpr.RCX] - 1;
        if (wanted && (count & -1L >>> -instruction.addressBits) != 0) {
            core.branch(relativeTarget(core, instruction));
        }
        Operands.writeRegister(core, Gpr.RCX, instruction.addressBits, count);
    }

    static final class Loop extends Operation {
        Loop() {
            super("loop", row("near64 E2", "Jb").att("loop@"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            loop(core, instruction, true);
        }
    }

    /** On AMD's processors F2 and F3 turn LOOPE and LOOPNE into each other, as measured; no manual says so. */
    static final class Loope extends Operation {
        Loope() {
            super(
                    "loope",
                    row("near64 E1", "Jb").att("loope@"),
                    row("amd F3 near64 E0", "Jb").att("loope@"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            loop(core, instruction, core.state.flag(Rflags.ZF));
        }
    }

    static final class Loopne extends Operation {
        Loopne() {
            super(
                    "loopne",
                    row("near64 E0", "Jb").att("loopne@"),
                    row("amd F2 near64 E1", "Jb").att("loopne@"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            loop(core, instruction, !core.state.flag(Rflags.ZF));
        }
    }

    static final class JumpIfCountZero extends Operation {
        JumpIfCountZero(String mnemonic, int addressBits) {
            super(mnemonic, row("near64 a" + addressBits + " E3", "Jb"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            if ((core.state.gpr[Gpr.RCX] & -1L >>> -instruction.addressBits) == 0) {
                core.branch(relativeTarget(core, instruction));
            }
        }
    }
}
