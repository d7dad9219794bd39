package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.segmentation.Descriptor;
import io.github.nmi64.segmentation.DescriptorTables;
import io.github.nmi64.state.Rflags;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LAR LSL VERR VERW: what a selector would give, told through ZF instead of a fault; ARPL, which weakens a selector for
 * such questions (SDM vol. 2, by name; vol. 3, 5.10).
 */
final class SegmentQueries {
    private static final int LOCAL_TABLE = 2;
    private static final int AVAILABLE_TASK = 9;
    private static final int BUSY_TASK = 11;
    private static final int CALL_GATE = 12;

    private SegmentQueries() {}

    static List<Operation> operations() {
        return List.of(new Lar(), new Lsl(), new Verr(), new Verw(), new Arpl());
    }

    /** The descriptor a selector names, or null if there is none or CPL and RPL may not see it. */
    private static @Nullable Descriptor visible(Core core, int selector) {
        if (DescriptorTables.isNull(selector) || !DescriptorTables.contains(core, selector, 8)) {
            return null;
        }
        Descriptor descriptor = DescriptorTables.read(core, selector, 0);
        boolean hidden = !descriptor.isConforming() && descriptor.dpl() < Math.max(core.state.cpl, selector & 3);
        return hidden ? null : descriptor;
    }

    /** Code, data, LDT and TSS: what LSL answers for. */
    private static boolean hasLimit(Descriptor descriptor) {
        int type = descriptor.type();
        return descriptor.isCodeOrData() || type == LOCAL_TABLE || type == AVAILABLE_TASK || type == BUSY_TASK;
    }

    /** What LAR answers for: all these and call gates. */
    private static boolean hasRights(Descriptor descriptor) {
        return hasLimit(descriptor) || descriptor.type() == CALL_GATE;
    }

    private static int selector(Core core, Instruction instruction, int operand) {
        return (int) Operands.read(core, instruction, operand) & 0xffff;
    }

    private static void answer(Core core, boolean yes) {
        core.state.rflags = core.state.rflags & ~Rflags.ZF | (yes ? Rflags.ZF : 0);
    }

    static final class Lar extends Operation {
        Lar() {
            super(
                    "lar",
                    row("reg 0F 02 /r", "Gv,Ev"),
                    row("mem 0F 02 /r", "Gv,Ew").att("lar"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Descriptor found = visible(core, selector(core, instruction, instruction.operand1));
            if (found != null && !hasRights(found)) {
                found = null;
            }
            if (found != null) {
                Operands.write(core, instruction, instruction.operand0, found.raw() >>> 32 & 0x00ff_ff00L);
            }
            answer(core, found != null);
        }
    }

    static final class Lsl extends Operation {
        Lsl() {
            super(
                    "lsl",
                    row("reg 0F 03 /r", "Gv,Ev"),
                    row("mem 0F 03 /r", "Gv,Ew").att("lsl"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Descriptor found = visible(core, selector(core, instruction, instruction.operand1));
            if (found != null && !hasLimit(found)) {
                found = null;
            }
            if (found != null) {
                Operands.write(core, instruction, instruction.operand0, found.limit());
            }
            answer(core, found != null);
        }
    }

    static final class Verr extends Operation {
        Verr() {
            super("verr", row("0F 00 /4", "Ew").att("verr"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Descriptor found = visible(core, selector(core, instruction, instruction.operand0));
            answer(core, found != null && found.isReadable());
        }
    }

    static final class Verw extends Operation {
        Verw() {
            super("verw", row("0F 00 /5", "Ew").att("verw"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Descriptor found = visible(core, selector(core, instruction, instruction.operand0));
            answer(core, found != null && found.isWritable());
        }
    }

    /** Raises the RPL of a selector to that of another. In 64-bit mode its opcode is MOVSXD. */
    static final class Arpl extends Operation {
        private static final int RPL = 3;

        Arpl() {
            super("arpl", row("not64 63 /r", "Ew,Gw"));
        }

        /** Memory is written whether the RPL changes or not, so that a read-only destination always faults. */
        @Override
        public void execute(Core core, Instruction instruction) {
            long selector = Operands.readDestination(core, instruction, instruction.operand0);
            long caller = Operands.read(core, instruction, instruction.operand1) & RPL;
            boolean raised = (selector & RPL) < caller;
            Operands.write(core, instruction, instruction.operand0, raised ? selector & ~RPL | caller : selector);
            answer(core, raised);
        }
    }
}
