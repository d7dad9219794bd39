package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.segmentation.FlatSegments;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * SYSCALL SYSRET SYSENTER SYSEXIT SWAPGS and RD/WR FS/GS BASE (SDM vol. 2, by name). None touches memory, none switches
 * the stack by the TSS, none changes NMI blocking (TP-016, TP-184).
 */
final class SystemCalls {
    private SystemCalls() {}

    static List<Operation> operations() {
        return List.of(
                new Syscall(),
                new Sysret(),
                new Sysenter(),
                new Sysexit(),
                new Swapgs(),
                new ReadBase("rdfsbase", 0, Segment.FS),
                new ReadBase("rdgsbase", 1, Segment.GS),
                new WriteBase("wrfsbase", 2, Segment.FS),
                new WriteBase("wrgsbase", 3, Segment.GS));
    }

    /** SYSCALL and SYSRET trap by the TF they leave, not by the one they found (TP-168). */
    private static void stepByNewFlags(Core core) {
        core.state.interrupts.stepping = core.state.flag(Rflags.TF);
        core.refreshAttention();
    }

    /** TP-182 to TP-184. */
    static final class Syscall extends Operation {
        Syscall() {
            super("syscall", row("0F 05"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            CpuState state = core.state;
            // EFER.SCE must be set and, on Intel, the caller be 64-bit code, else #UD.
            boolean is64 = instruction.mode.is64();
            if ((state.efer & Control.EFER_SCE) == 0 || !is64 && !core.rules.amd()) {
                throw Fault.undefinedOpcode();
            }
            state.gpr[Gpr.RCX] = state.rip;
            state.gpr[Gpr.R11] = state.rflags & ~Rflags.RF;
            state.rip = is64 ? state.lstar : state.cstar;
            int selector = (int) (state.star >>> 32) & 0xfffc;
            FlatSegments.loadCode64(core, selector, 0);
            // Both manuals clear the RPL of CS and not that of SS: what STAR says reaches the next IRET (TP-183).
            FlatSegments.loadStack(core, (int) (state.star >>> 32) + 8, 0);
            state.rflags = state.rflags & ~state.fmask & ~Rflags.RF | Rflags.FIXED;
            core.modeChanged();
            stepByNewFlags(core);
        }
    }

    /** TP-185 to TP-189. */
    static final class Sysret extends Operation {
        /** Every flag but RF and VM. */
        private static final long RESTORED = 0x3c_7fd7;

        Sysret() {
            super("sysret", row("not64 0F 07"), row("only64 0F 07").att("sysretl|sysretl|sysretq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            CpuState state = core.state;
            // EFER.SCE must be set and, on Intel, the code be 64-bit, else #UD.
            if ((state.efer & Control.EFER_SCE) == 0 || !instruction.mode.is64() && !core.rules.amd()) {
                throw Fault.undefinedOpcode();
            }
            Privilege.requireSupervisor(core);
            boolean to64 = instruction.operandBits == 64;
            long target = to64 ? state.gpr[Gpr.RCX] : state.gpr[Gpr.RCX] & 0xffff_ffffL;
            // Intel checks the target here, still at CPL 0; AMD leaves it to the fetch at CPL 3 (TP-187).
            if (!core.rules.amd() && !LinearMemory.isCanonical(target)) {
                throw Fault.generalProtection(0);
            }
            state.rip = target;
            load(core, (int) (state.star >>> 48), to64);
            state.rflags = state.gpr[Gpr.R11] & RESTORED | Rflags.FIXED;
            core.modeChanged();
            stepByNewFlags(core);
        }

        private static void load(Core core, int selector, boolean to64) {
            if (to64) {
                FlatSegments.loadCode64(core, selector + 16, 3);
            } else {
                FlatSegments.loadCode32(core, selector, 3);
            }
            if (core.rules.amd()) {
                // The RPL is what STAR says, and the hidden part stays (APM vol. 3, SYSRET; TP-188).
                core.state.segments.selector[Segment.SS] = selector + 8 & 0xffff;
            } else {
                FlatSegments.loadStack(core, selector + 8 | 3, 3);
            }
        }
    }

    /** TP-169, TP-190. */
    static final class Sysenter extends Operation {
        Sysenter() {
            super("sysenter", row("0F 34"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            CpuState state = core.state;
            int selector = sysenterSelector(core);
            FlatSegments.loadCode64(core, selector, 0);
            FlatSegments.loadStack(core, selector + 8, 0);
            state.gpr[Gpr.RSP] = state.sysenterEsp;
            state.rip = state.sysenterEip;
            state.rflags &= ~(Rflags.IF | Rflags.RF | Rflags.VM);
            core.modeChanged();
        }
    }

    /** TP-190. */
    static final class Sysexit extends Operation {
        Sysexit() {
            super("sysexit", row("not64 0F 35"), row("only64 0F 35").att("sysexitl|sysexitl|sysexitq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            CpuState state = core.state;
            Privilege.requireSupervisor(core); // on AMD's processors too, as measured, before the #UD
            int selector = sysenterSelector(core);
            boolean to64 = instruction.operandBits == 64;
            long rip = state.gpr[Gpr.RDX];
            long rsp = state.gpr[Gpr.RCX];
            // The 64-bit form needs canonical RCX and RDX, else #GP(0).
            if (to64 && !(LinearMemory.isCanonical(rip) && LinearMemory.isCanonical(rsp))) {
                throw Fault.generalProtection(0);
            }
            if (to64) {
                FlatSegments.loadCode64(core, selector + 32, 3);
                FlatSegments.loadStack(core, selector + 40 | 3, 3);
            } else {
                FlatSegments.loadCode32(core, selector + 16, 3);
                FlatSegments.loadStack(core, selector + 24 | 3, 3);
            }
            state.rip = to64 ? rip : rip & 0xffff_ffffL;
            state.gpr[Gpr.RSP] = to64 ? rsp : rsp & 0xffff_ffffL;
            core.modeChanged();
        }
    }

    /** IA32_SYSENTER_CS without RPL. AMD has neither instruction in long mode: #UD; a null selector gives #GP(0). */
    private static int sysenterSelector(Core core) {
        if (core.rules.amd()) {
            throw Fault.undefinedOpcode();
        }
        int selector = (int) core.state.sysenterCs & 0xfffc;
        if (selector == 0) {
            throw Fault.generalProtection(0);
        }
        return selector;
    }

    /** TP-191. */
    static final class Swapgs extends Operation {
        Swapgs() {
            super("swapgs", row("only64 0F 01 F8"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            CpuState state = core.state;
            long base = state.segments.base[Segment.GS];
            state.segments.base[Segment.GS] = state.kernelGsBase;
            state.kernelGsBase = base;
        }
    }

    /** RDFSBASE and RDGSBASE (TP-192). */
    static final class ReadBase extends Operation {
        private final int segment;

        ReadBase(String mnemonic, int digit, int segment) {
            super(mnemonic, row("only64 F3 0F AE /" + digit, "Ry"));
            this.segment = segment;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            requireFsGsBase(core);
            Operands.write(core, instruction, instruction.operand0, core.state.segments.base[segment]);
        }
    }

    /** WRFSBASE and WRGSBASE (TP-192). */
    static final class WriteBase extends Operation {
        private final int segment;

        WriteBase(String mnemonic, int digit, int segment) {
            super(mnemonic, row("only64 F3 0F AE /" + digit, "Ry"));
            this.segment = segment;
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            requireFsGsBase(core);
            long base = Operands.read(core, instruction, instruction.operand0);
            if (!LinearMemory.isCanonical(base)) {
                throw Fault.generalProtection(0);
            }
            core.state.segments.base[segment] = base;
        }
    }

    private static void requireFsGsBase(Core core) {
        if ((core.state.cr4 & Control.CR4_FSGSBASE) == 0) {
            throw Fault.undefinedOpcode();
        }
    }
}
