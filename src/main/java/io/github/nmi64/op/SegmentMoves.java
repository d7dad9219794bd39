package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Stack;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.segmentation.SegmentRegisters;
import io.github.nmi64.state.InterruptState;
import java.util.List;

/** MOV, PUSH and POP of segment registers, LDS LES LSS LFS LGS (SDM vol. 2, by name). */
final class SegmentMoves {
    private SegmentMoves() {}

    static List<Operation> operations() {
        return List.of(
                new MovFromSegment(),
                new MovToSegment(),
                new PushSegment(),
                new PopSegment(),
                new LoadFarPointer("les", "not64 C4 /r", Segment.ES),
                new LoadFarPointer("lds", "not64 C5 /r", Segment.DS),
                new LoadFarPointer("lss", "0F B2 /r", Segment.SS),
                new LoadFarPointer("lfs", "0F B4 /r", Segment.FS),
                new LoadFarPointer("lgs", "0F B5 /r", Segment.GS));
    }

    /**
     * A load of SS holds back NMI, INTR and debug traps at the next boundary, so that the stack pointer can be loaded in
     * peace (SDM vol. 3, 6.8.3; TP-055). In a sequence of loads only the first does on Intel, each on AMD (TP-060).
     */
    private static void castShadow(Core core) {
        InterruptState interrupts = core.state.interrupts;
        boolean chained = interrupts.coveringShadow == InterruptState.MOV_SS_SHADOW;
        if (!chained || core.rules.movSsChains()) {
            interrupts.shadow = InterruptState.MOV_SS_SHADOW;
            core.refreshAttention();
        }
    }

    static final class MovFromSegment extends Operation {
        MovFromSegment() {
            super("mov", row("reg 8C /r", "Ev,Sw"), row("mem 8C /r", "Ew,Sw").att("mov"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(
                    core, instruction, instruction.operand0, Operands.read(core, instruction, instruction.operand1));
        }
    }

    static final class MovToSegment extends Operation {
        MovToSegment() {
            super("mov", row("reg 8E /r", "Sw,Ev"), row("mem 8E /r", "Sw,Ew").att("mov"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int segment = Operand.register(instruction.operand0);
            // CS cannot be loaded: #UD, before the source is read (TP-209).
            if (segment == Segment.CS) {
                throw Fault.undefinedOpcode();
            }
            int selector = (int) Operands.read(core, instruction, instruction.operand1) & 0xffff;
            SegmentRegisters.load(core, segment, selector);
            if (segment == Segment.SS) {
                castShadow(core);
            }
        }
    }

    /** Writes a whole slot, zero-extended (TP-247). */
    static final class PushSegment extends Operation {
        PushSegment() {
            super(
                    "push",
                    row("not64 06", "ES").att("pushw|push|push"),
                    row("not64 0E", "CS").att("pushw|push|push"),
                    row("not64 16", "SS").att("pushw|push|push"),
                    row("not64 1E", "DS").att("pushw|push|push"),
                    row("def64 0F A0", "FS").att("pushw|push|push"),
                    row("def64 0F A8", "GS").att("pushw|push|push"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Stack.push(core, instruction.operandBits, Operands.read(core, instruction, instruction.operand0));
        }
    }

    /** Reads the two bytes of the selector and releases a whole slot (TP-247). POP SS casts the shadow too (TP-056). */
    static final class PopSegment extends Operation {
        PopSegment() {
            super(
                    "pop",
                    row("not64 07", "ES").att("popw|pop|pop"),
                    row("not64 17", "SS").att("popw|pop|pop"),
                    row("not64 1F", "DS").att("popw|pop|pop"),
                    row("def64 0F A1", "FS").att("popw|pop|pop"),
                    row("def64 0F A9", "GS").att("popw|pop|pop"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int segment = Operand.register(instruction.operand0);
            int selector = (int) Stack.load(core, 0, 16);
            // The pointer moves by the old stack segment's rules, but only if the load succeeds.
            long[] gpr = core.state.gpr;
            long before = gpr[Gpr.RSP];
            Stack.adjust(core, instruction.operandBits >>> 3);
            long after = gpr[Gpr.RSP];
            gpr[Gpr.RSP] = before;
            SegmentRegisters.load(core, segment, selector);
            gpr[Gpr.RSP] = after;
            if (segment == Segment.SS) {
                castShadow(core);
            }
        }
    }

    /** LDS LES LSS LFS LGS: selector and offset from memory. LSS casts no shadow: it loads both at once (TP-057). */
    static final class LoadFarPointer extends Operation {
        private final int segment;

        LoadFarPointer(String mnemonic, String opcode, int segment) {
            super(mnemonic, Encoding.of(opcode, "Gv,M"));
            this.segment = segment;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            FarPointer pointer = FarPointer.read(core, instruction);
            SegmentRegisters.load(core, segment, pointer.selector());
            int bits = pointer.offsetBits();
            Operands.writeRegister(core, Operand.register(instruction.operand0), bits, pointer.offset());
        }
    }
}
