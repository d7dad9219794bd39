package io.github.nmi64.op;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.state.Control;
import java.util.List;

/** RDMSR WRMSR WRMSRNS RDTSC RDTSCP RDPID RDPMC (SDM vol. 2, by name; TP-194 to TP-198). The registers are in {@link Msr}. */
final class ModelSpecific {
    private ModelSpecific() {}

    static List<Operation> operations() {
        return List.of(new Rdmsr(), new Wrmsr(), new Wrmsrns(), new Rdtsc(), new Rdtscp(), new Rdpid(), new Rdpmc());
    }

    /** EDX:EAX, with the upper halves of both registers cleared. */
    private static void result(Core core, long value) {
        core.state.gpr[Gpr.RAX] = value & 0xffff_ffffL;
        core.state.gpr[Gpr.RDX] = value >>> 32;
    }

    static final class Rdmsr extends Operation {
        Rdmsr() {
            super("rdmsr", row("0F 32"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Privilege.requireSupervisor(core);
            result(core, Msr.read(core, (int) core.state.gpr[Gpr.RCX]));
        }
    }

    static final class Wrmsr extends Operation {
        Wrmsr() {
            super("wrmsr", row("0F 30"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            write(core);
        }
    }

    /** WRMSR that does not serialise, which makes no difference where nothing is out of order. */
    static final class Wrmsrns extends Operation {
        Wrmsrns() {
            super("wrmsrns", row("intel NP 0F 01 C6"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            write(core);
        }
    }

    private static void write(Core core) {
        Privilege.requireSupervisor(core);
        long[] gpr = core.state.gpr;
        long value = gpr[Gpr.RAX] & 0xffff_ffffL | gpr[Gpr.RDX] << 32;
        Msr.write(core, (int) gpr[Gpr.RCX], value);
    }

    static final class Rdtsc extends Operation {
        Rdtsc() {
            super("rdtsc", row("0F 31"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            requireTimeStamps(core);
            result(core, core.timeStamp());
        }
    }

    static final class Rdtscp extends Operation {
        Rdtscp() {
            super("rdtscp", row("0F 01 F9"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            requireTimeStamps(core);
            result(core, core.timeStamp());
            core.state.gpr[Gpr.RCX] = core.state.tscAux;
        }
    }

    /** CR4.TSD keeps the time from CPL 1 to 3 (TP-198). */
    private static void requireTimeStamps(Core core) {
        if ((core.state.cr4 & Control.CR4_TSD) != 0) {
            Privilege.requireSupervisor(core);
        }
    }

    static final class Rdpid extends Operation {
        Rdpid() {
            super("rdpid", row("only64 F3 0F C7 /7", "Rq"), row("not64 F3 0F C7 /7", "Rd"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Operands.write(core, instruction, instruction.operand0, core.state.tscAux);
        }
    }

    /**
     * CR4.PCE keeps the counters from CPL 1 to 3: #GP(0). Every processor has some, whether CPUID counts them or not, and
     * this one counts nothing; an index that no processor has is invalid: #GP(0).
     */
    static final class Rdpmc extends Operation {
        private static final int PROGRAMMABLE = 8;
        /** In an index: the fixed-function counters. */
        private static final long FIXED = 1 << 30;

        Rdpmc() {
            super("rdpmc", row("0F 33"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            if ((core.state.cr4 & Control.CR4_PCE) == 0) {
                Privilege.requireSupervisor(core);
            }
            long index = core.state.gpr[Gpr.RCX] & 0xffff_ffffL;
            boolean fixed = !core.rules.amd() && (index & ~(FIXED | 3)) == 0;
            if (index >= PROGRAMMABLE && !fixed) {
                throw Fault.generalProtection(0);
            }
            throw new Unsupported("performance counters (RDPMC of " + Hex.of(index) + ")");
        }
    }
}
