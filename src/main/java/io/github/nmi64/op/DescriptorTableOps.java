package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.segmentation.SystemSegments;
import io.github.nmi64.state.CpuState;
import java.util.List;

/** LGDT LIDT SGDT SIDT LLDT SLDT LTR STR (SDM vol. 2, by name; TP-205 to TP-207). */
final class DescriptorTableOps {
    private DescriptorTableOps() {}

    static List<Operation> operations() {
        return List.of(new Lgdt(), new Lidt(), new Sgdt(), new Sidt(), new Lldt(), new Sldt(), new Ltr(), new Str());
    }

    /** Limit and base as LGDT and LIDT read them: 2 + 8 bytes in 64-bit mode, 2 + 4 else, whatever the prefixes. */
    private record Pseudodescriptor(int limit, long base) {
        static Pseudodescriptor read(Core core, Instruction instruction) {
            int bits = baseBits(instruction);
            long address = Operands.address(core, instruction, 16 + bits, false);
            int limit = (int) core.memory.read(address, 16, instruction.segment);
            long base = core.memory.read(address + 2, bits, instruction.segment);
            if (!instruction.mode.is64() && instruction.operandBits == 16) {
                base &= 0xff_ffff;
            }
            // The base must be canonical, else #GP(0).
            if (!LinearMemory.isCanonical(base)) {
                throw Fault.generalProtection(0);
            }
            return new Pseudodescriptor(limit, base);
        }

        /** Both parts are checked before the first is stored. */
        void write(Core core, Instruction instruction) {
            int bits = baseBits(instruction);
            long address = Operands.address(core, instruction, 16 + bits, true);
            core.memory.checkWrite(address, 2, instruction.segment);
            core.memory.checkWrite(address + 2, bits >>> 3, instruction.segment);
            core.memory.write(address, 16, limit, instruction.segment);
            core.memory.write(address + 2, bits, base, instruction.segment);
        }

        private static int baseBits(Instruction instruction) {
            return instruction.mode.is64() ? 64 : 32;
        }
    }

    static final class Lgdt extends Operation {
        Lgdt() {
            super("lgdt", tableRows("lgdt", "0F 01 /2"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            Pseudodescriptor table = Pseudodescriptor.read(core, instruction);
            core.state.gdtBase = table.base();
            core.state.gdtLimit = table.limit();
        }
    }

    static final class Lidt extends Operation {
        Lidt() {
            super("lidt", tableRows("lidt", "0F 01 /3"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            Pseudodescriptor table = Pseudodescriptor.read(core, instruction);
            core.state.idtBase = table.base();
            core.state.idtLimit = table.limit();
        }
    }

    static final class Sgdt extends Operation {
        Sgdt() {
            super("sgdt", tableRows("sgdt", "0F 01 /0"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireVisibleSystemState(core);
            CpuState state = core.state;
            new Pseudodescriptor(state.gdtLimit, state.gdtBase).write(core, instruction);
        }
    }

    static final class Sidt extends Operation {
        Sidt() {
            super("sidt", tableRows("sidt", "0F 01 /1"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireVisibleSystemState(core);
            CpuState state = core.state;
            new Pseudodescriptor(state.idtLimit, state.idtBase).write(core, instruction);
        }
    }

    static final class Lldt extends Operation {
        Lldt() {
            super("lldt", row("0F 00 /2", "Ew").att("lldt"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            SystemSegments.loadLocalTable(core, (int) Operands.read(core, instruction, instruction.operand0));
        }
    }

    static final class Ltr extends Operation {
        Ltr() {
            super("ltr", row("0F 00 /3", "Ew").att("ltr"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            SystemSegments.loadTask(core, (int) Operands.read(core, instruction, instruction.operand0));
        }
    }

    static final class Sldt extends Operation {
        Sldt() {
            super("sldt", storeRows("0F 00 /0", "sldt"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireVisibleSystemState(core);
            Operands.write(core, instruction, instruction.operand0, core.state.selector(Segment.LDTR));
        }
    }

    static final class Str extends Operation {
        Str() {
            super("str", storeRows("0F 00 /1", "str"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireVisibleSystemState(core);
            Operands.write(core, instruction, instruction.operand0, core.state.selector(Segment.TR));
        }
    }

    /** Outside 64-bit mode the AT&T name tells whether 24 or 32 bits of the base are meant. */
    private static Encoding[] tableRows(String mnemonic, String opcode) {
        String names = "%1$sw|%1$sl|%1$sl".formatted(mnemonic);
        return new Encoding[] {
            Encoding.of("only64 " + opcode, "M"),
            Encoding.of("not64 " + opcode, "M").att(names)
        };
    }

    /** A register gets the operand size, zero-extended; memory always gets 16 bits. */
    static Encoding[] storeRows(String opcode, String name) {
        return new Encoding[] {
            Encoding.of("reg " + opcode, "Ev"),
            Encoding.of("mem " + opcode, "Ew").att(name)
        };
    }
}
