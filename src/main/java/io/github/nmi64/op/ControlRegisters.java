package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.paging.PageWalker;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import java.util.List;

/**
 * MOV to and from control registers, CLTS LMSW SMSW INVLPG INVPCID INVD WBINVD (SDM vol. 2, by name; vol. 3, 2.5; TP-199 to
 * TP-205). XGETBV and XSETBV have no rows: CR4.OSXSAVE cannot be set.
 */
final class ControlRegisters {
    private ControlRegisters() {}

    static List<Operation> operations() {
        return List.of(
                new MovFromControl(),
                new MovToControl(),
                new Clts(),
                new Lmsw(),
                new Smsw(),
                new Invlpg(),
                new Invpcid(),
                new Invd(),
                new Wbinvd());
    }

    /** The register number; those that do not exist are undefined at any CPL, before the privilege check (TP-199). */
    private static int existing(int operand) {
        int register = Operand.register(operand);
        return switch (register) {
            case 0, 2, 3, 4, 8 -> register;
            default -> throw Fault.undefinedOpcode();
        };
    }

    static final class MovFromControl extends Operation {
        MovFromControl() {
            super("mov", row("only64 0F 20 /r", "Rq,Cq"), row("not64 0F 20 /r", "Rd,Cd"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int register = existing(instruction.operand1);
            Privilege.requireSupervisor(core);
            CpuState state = core.state;
            Operands.write(
                    core,
                    instruction,
                    instruction.operand0,
                    switch (register) {
                        case 0 -> state.cr0;
                        case 2 -> state.cr2;
                        case 3 -> state.cr3;
                        case 4 -> state.cr4;
                        default -> state.cr8;
                    });
        }
    }

    static final class MovToControl extends Operation {
        /** Bits that exist; the others of the low half are ignored. */
        private static final long CR0_WRITABLE = Control.CR0_PE
                | Control.CR0_MP
                | Control.CR0_EM
                | Control.CR0_TS
                | Control.CR0_NE
                | Control.CR0_WP
                | Control.CR0_AM
                | Control.CR0_NW
                | Control.CR0_CD
                | Control.CR0_PG;

        private static final long CR3_RESERVED = -1L << PageWalker.PHYSICAL_BITS;

        MovToControl() {
            super("mov", row("only64 0F 22 /r", "Cq,Rq"), row("not64 0F 22 /r", "Cd,Rd"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int register = existing(instruction.operand0);
            Privilege.requireSupervisor(core);
            long value = Operands.read(core, instruction, instruction.operand1);
            switch (register) {
                case 0 -> writeCr0(core, value);
                case 2 -> core.state.cr2 = value;
                case 3 -> writeCr3(core, value);
                case 4 -> writeCr4(core, value);
                default -> writeCr8(core, value);
            }
        }

        /** TP-201. */
        private static void writeCr0(Core core, long value) {
            boolean paging = (value & Control.CR0_PG) != 0;
            boolean protection = (value & Control.CR0_PE) != 0;
            boolean caches = (value & Control.CR0_CD) == 0;
            // Reserved upper half; PG without PE; NW without CD: #GP(0).
            if (value >>> 32 != 0 || paging && !protection || caches && (value & Control.CR0_NW) != 0) {
                throw Fault.generalProtection(0);
            }
            // 64-bit code cannot leave long mode, nobody can with process-context identifiers on: #GP(0).
            if (!paging && (core.mode.is64() || (core.state.cr4 & Control.CR4_PCIDE) != 0)) {
                throw Fault.generalProtection(0);
            }
            if (!paging) {
                throw new Unsupported("operation without paging (CR0.PG = 0)");
            }
            core.state.cr0 = value & CR0_WRITABLE | Control.CR0_ET;
            changed(core);
        }

        /** TP-202. With CR4.PCIDE bit 63 asks for translations to be kept; it is reserved like the rest otherwise. */
        private static void writeCr3(Core core, long value) {
            boolean identified = (core.state.cr4 & Control.CR4_PCIDE) != 0;
            long table = identified ? value & ~Control.CR3_NO_FLUSH : value;
            if ((table & CR3_RESERVED) != 0) {
                throw Fault.generalProtection(0);
            }
            core.state.cr3 = table;
            changed(core); // forgets more than it must, which cannot be observed
        }

        /** TP-203. */
        private static void writeCr4(Core core, long value) {
            // Bits of features that CPUID does not report are reserved, and long mode needs PAE: #GP(0).
            long reserved = value & ~Feature.CR4_WRITABLE;
            if (reserved != 0 && (reserved & ~Control.CR4_ELSEWHERE) == 0) {
                String bits = Long.toBinaryString(reserved);
                throw Fault.generalProtection(0).lacking("what bit " + (bits.length() - 1) + " of CR4 enables");
            }
            if (reserved != 0 || (value & Control.CR4_PAE) == 0) {
                throw Fault.generalProtection(0);
            }
            // PCIDE can be set only while the identifier is zero: #GP(0).
            boolean begins = (value & ~core.state.cr4 & Control.CR4_PCIDE) != 0;
            if (begins && (core.state.cr3 & Control.CR3_PCID) != 0) {
                throw Fault.generalProtection(0);
            }
            core.state.cr4 = value;
            changed(core);
        }

        /** TP-204. */
        private static void writeCr8(Core core, long value) {
            if ((value & ~15L) != 0) {
                throw Fault.generalProtection(0);
            }
            core.state.cr8 = value;
            core.refreshAttention();
        }
    }

    private static void changed(Core core) {
        core.memory.flush();
        core.modeChanged();
    }

    static final class Clts extends Operation {
        Clts() {
            super("clts", row("0F 06"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            core.state.cr0 &= ~Control.CR0_TS;
            changed(core);
        }
    }

    /** Loads PE, MP, EM and TS; can set but not clear PE (TP-205). */
    static final class Lmsw extends Operation {
        private static final long LOADED = Control.CR0_MP | Control.CR0_EM | Control.CR0_TS;

        Lmsw() {
            super("lmsw", row("0F 01 /6", "Ew").att("lmsw"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            long value = Operands.read(core, instruction, instruction.operand0);
            core.state.cr0 = core.state.cr0 & ~LOADED | value & (LOADED | Control.CR0_PE);
            changed(core);
        }
    }

    static final class Smsw extends Operation {
        Smsw() {
            super("smsw", DescriptorTableOps.storeRows("0F 01 /4", "smsw"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireVisibleSystemState(core);
            Operands.write(core, instruction, instruction.operand0, core.state.cr0);
        }
    }

    /** Never faults for its address (TP-219). Forgets more than it must, which cannot be observed. */
    static final class Invlpg extends Operation {
        Invlpg() {
            super("invlpg", row("0F 01 /7", "M"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            core.memory.flush();
        }
    }

    /**
     * Forgets more than it must, which cannot be observed. The descriptor is read first, as in the manual's operation, then
     * checked.
     */
    static final class Invpcid extends Operation {
        private static final int INDIVIDUAL = 0;
        private static final int SINGLE_CONTEXT = 1;
        private static final int ALL_BUT_GLOBAL = 3;

        Invpcid() {
            super("invpcid", row("only64 66 0F 38 82 /r", "Gq,Mo"), row("not64 66 0F 38 82 /r", "Gd,Mo"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            long type = Operands.read(core, instruction, instruction.operand0);
            long address = Operands.address(core, instruction, 128, false);
            long identifier = core.memory.read(address, 64, instruction.segment);
            long linear = core.memory.read(address + 8, 64, instruction.segment);
            boolean identified = (core.state.cr4 & Control.CR4_PCIDE) != 0;
            boolean named = type == INDIVIDUAL || type == SINGLE_CONTEXT;
            // An unknown type, reserved bits, an identifier while there are none, no canonical address: #GP(0).
            if (Long.compareUnsigned(type, ALL_BUT_GLOBAL) > 0
                    || (identifier & ~Control.CR3_PCID) != 0
                    || named && !identified && identifier != 0
                    || type == INDIVIDUAL && !LinearMemory.isCanonical(linear)) {
                throw Fault.generalProtection(0);
            }
            core.memory.flush();
        }
    }

    /** Without caches there is nothing to discard. */
    static final class Invd extends Operation {
        Invd() {
            super("invd", row("0F 08"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
        }
    }

    /** Without caches there is nothing to write back. */
    static final class Wbinvd extends Operation {
        Wbinvd() {
            super("wbinvd", row("0F 09"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
        }
    }
}
