package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;

/** MOV and its relatives between general registers and memory, widenings, CMOVcc, SETcc (SDM vol. 2, by name). */
final class Moves {
    private static final long AH_FLAGS = Rflags.SF | Rflags.ZF | Rflags.AF | Rflags.PF | Rflags.CF;

    private Moves() {}

    static List<Operation> operations() {
        List<Operation> all = new ArrayList<>(List.of(new Mov(), new Movzx(), new Movsx(), new Movsxd(), new Lea()));
        all.addAll(List.of(new Xchg(), new Movbe(), new Movnti(), new Xlat(), new Lahf(), new Sahf()));
        all.addAll(List.of(new WidenAccumulator("cbw", 16), new WidenAccumulator("cwde", 32)));
        all.addAll(List.of(new WidenAccumulator("cdqe", 64)));
        all.addAll(List.of(new SpreadSign("cwd", 16), new SpreadSign("cdq", 32), new SpreadSign("cqo", 64)));
        for (int condition = 0; condition < Condition.COUNT; condition++) {
            all.add(new Cmov(condition));
            all.add(new Set(condition));
        }
        return List.copyOf(all);
    }

    private static long signExtend(long value, int bits) {
        return value << -bits >> -bits;
    }

    static final class Mov extends Operation {
        Mov() {
            super(
                    "mov",
                    row("88 /r", "Eb,Gb"),
                    row("89 /r", "Ev,Gv"),
                    row("8A /r", "Gb,Eb"),
                    row("8B /r", "Gv,Ev"),
                    row("A0", "AL,Ob").att("mov"),
                    row("A1", "rAX,Ov").att("mov"),
                    row("A2", "Ob,AL").att("mov"),
                    row("A3", "Ov,rAX").att("mov"),
                    row("B0+r", "Zb,Ib"),
                    row("B8+r", "Zv,Iv").att("mov|mov|movabs"),
                    row("C6 /0", "Eb,Ib"),
                    row("C7 /0", "Ev,Iz"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(
                    core, instruction, instruction.operand0, Operands.read(core, instruction, instruction.operand1));
        }
    }

    static final class Movzx extends Operation {
        Movzx() {
            super(
                    "movzx",
                    row("0F B6 /r", "Gv,Eb").att("movzbw|movzbl|movzbq"),
                    row("0F B7 /r", "Gv,Ew").att("movzww|movzwl|movzwq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(
                    core, instruction, instruction.operand0, Operands.read(core, instruction, instruction.operand1));
        }
    }

    static final class Movsx extends Operation {
        Movsx() {
            super(
                    "movsx",
                    row("0F BE /r", "Gv,Eb").att("movsbw|movsbl|movsbq"),
                    row("0F BF /r", "Gv,Ew").att("movsww|movswl|movswq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long value = Operands.read(core, instruction, instruction.operand1);
            Operands.write(
                    core, instruction, instruction.operand0, signExtend(value, Operand.bits(instruction.operand1)));
        }
    }

    static final class Movsxd extends Operation {
        Movsxd() {
            super(
                    "movsxd",
                    row("only64 63 /r", "Gv,Ed").att("movsxd|movsxd|movslq"),
                    row("intel only64 o16 63 /r", "Gw,Ew"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long value = Operands.read(core, instruction, instruction.operand1);
            Operands.write(
                    core, instruction, instruction.operand0, signExtend(value, Operand.bits(instruction.operand1)));
        }
    }

    /** The address is truncated to the address size, then to the operand size; nothing is accessed. */
    static final class Lea extends Operation {
        Lea() {
            super("lea", row("8D /r", "Gv,M"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(core, instruction, instruction.operand0, Operands.effective(core, instruction));
        }
    }

    /** Byte 90 without REX.B would exchange rAX with itself; it is a row of NOP, which leaves bits 63:32 alone. */
    static final class Xchg extends LockableOperation {
        Xchg() {
            super("xchg", row("86 /r", "Eb,Gb"), row("87 /r", "Ev,Gv"), row("90+r", "Zv,rAX"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long first = Operands.readDestination(core, instruction, instruction.operand0);
            long second = Operands.read(core, instruction, instruction.operand1);
            Operands.write(core, instruction, instruction.operand0, second);
            Operands.write(core, instruction, instruction.operand1, first);
        }
    }

    static final class Movbe extends Operation {
        Movbe() {
            super("movbe", row("NF 0F 38 F0 /r", "Gv,Mv"), row("NF 0F 38 F1 /r", "Mv,Gv"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long value = Operands.read(core, instruction, instruction.operand1);
            int bits = Operand.bits(instruction.operand0);
            Operands.write(core, instruction, instruction.operand0, Long.reverseBytes(value) >>> -bits);
        }
    }

    static final class Movnti extends Operation {
        Movnti() {
            super("movnti", row("NP 0F C3 /r", "My,Gy"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(
                    core, instruction, instruction.operand0, Operands.read(core, instruction, instruction.operand1));
        }
    }

    /** AL = byte at DS:[rBX + AL]; the segment may be overridden. */
    static final class Xlat extends Operation {
        Xlat() {
            super("xlat", row("D7").att("xlat (rBX)"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long[] gpr = core.state.gpr;
            long offset = gpr[Gpr.RBX] + (gpr[Gpr.RAX] & 0xff) & -1L >>> -instruction.addressBits;
            long address = Operands.linear(core, instruction, instruction.segment, offset, 8, false);
            Operands.writeRegister(core, Gpr.RAX, 8, core.memory.read(address, 8, instruction.segment));
        }
    }

    /** CBW CWDE CDQE: the lower half of the accumulator, sign-extended into all of it. */
    static final class WidenAccumulator extends Operation {
        WidenAccumulator(String mnemonic, int bits) {
            super(mnemonic, row("o" + bits + " 98").att("cbtw|cwtl|cltq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long half = signExtend(core.state.gpr[Gpr.RAX], instruction.operandBits >>> 1);
            Operands.writeRegister(core, Gpr.RAX, instruction.operandBits, half);
        }
    }

    /** CWD CDQ CQO: every bit of rDX becomes the sign of rAX. */
    static final class SpreadSign extends Operation {
        SpreadSign(String mnemonic, int bits) {
            super(mnemonic, row("o" + bits + " 99").att("cwtd|cltd|cqto"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long sign = signExtend(core.state.gpr[Gpr.RAX], instruction.operandBits) >> 63;
            Operands.writeRegister(core, Gpr.RDX, instruction.operandBits, sign);
        }
    }

    static final class Lahf extends Operation {
        Lahf() {
            super("lahf", row("9F"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long image = core.state.rflags & AH_FLAGS | Rflags.FIXED;
            core.state.gpr[Gpr.RAX] = core.state.gpr[Gpr.RAX] & ~0xff00L | image << 8;
        }
    }

    static final class Sahf extends Operation {
        Sahf() {
            super("sahf", row("9E"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long image = core.state.gpr[Gpr.RAX] >>> 8 & AH_FLAGS;
            core.state.rflags = core.state.rflags & ~AH_FLAGS | image;
        }
    }

    /** Reads its source and writes its destination whether or not it moves, so a 32-bit form always zero-extends. */
    static final class Cmov extends Operation {
        private final int condition;

        Cmov(int condition) {
            super("cmov" + Condition.NAMES.get(condition), row("0F %X /r".formatted(0x40 + condition), "Gv,Ev"));
            this.condition = condition;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            long source = Operands.read(core, instruction, instruction.operand1);
            boolean moves = Condition.holds(condition, core.state.rflags);
            Operands.write(
                    core,
                    instruction,
                    instruction.operand0,
                    moves ? source : Operands.read(core, instruction, instruction.operand0));
        }
    }

    static final class Set extends Operation {
        private final int condition;

        Set(int condition) {
            super("set" + Condition.NAMES.get(condition), namedRow(condition));
            this.condition = condition;
        }

        private static Encoding namedRow(int condition) {
            String name = "set" + Condition.NAMES.get(condition);
            return row("0F %X /r".formatted(0x90 + condition), "Eb").att(name);
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(
                    core, instruction, instruction.operand0, Condition.holds(condition, core.state.rflags) ? 1 : 0);
        }
    }
}
