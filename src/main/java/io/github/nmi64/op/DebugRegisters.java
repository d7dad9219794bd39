package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.DebugStatus;
import java.util.List;

/** MOV to and from debug registers (SDM vol. 2, "MOV - Move to/from Debug Registers"; vol. 3, 17.2; TP-177 to TP-179). */
final class DebugRegisters {
    private DebugRegisters() {}

    static List<Operation> operations() {
        return List.of(new MovFromDebug(), new MovToDebug());
    }

    /**
     * Makes the checks both directions share. Neither manual orders the last two: at CPL 3 Intel's processors raise the #DB,
     * AMD's the #GP; both raise the #DB before the #GP for a forbidden value.
     *
     * @return the register number, with the aliases DR4 and DR5 resolved: 0 to 3, 6 or 7
     */
    private static int accessible(Core core, int operand) {
        CpuState state = core.state;
        int register = Operand.register(operand);
        boolean alias = register == 4 || register == 5;
        // DR8 to DR15 do not exist, and with CR4.DE neither do DR4 and DR5: #UD.
        if (register > 7 || alias && (state.cr4 & Control.CR4_DE) != 0) {
            throw Fault.undefinedOpcode();
        }
        if (core.rules.amd()) {
            Privilege.requireSupervisor(core);
        }
        // DR7.GD makes every access a #DB fault, so that a debugger can keep the registers to itself (TP-178).
        if ((state.dr7 & Control.DR7_GD) != 0) {
            DebugStatus.raise(state, Control.DR6_BD);
            core.modeChanged();
            throw Fault.of(Vector.DB);
        }
        Privilege.requireSupervisor(core);
        return alias ? register + 2 : register;
    }

    static final class MovFromDebug extends Operation {
        MovFromDebug() {
            super("mov", row("only64 0F 21 /r", "Rq,Dq"), row("not64 0F 21 /r", "Rd,Dd"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            CpuState state = core.state;
            int register = accessible(core, instruction.operand1);
            core.statusRead |= register == 6;
            Operands.write(
                    core,
                    instruction,
                    instruction.operand0,
                    switch (register) {
                        case 6 -> state.dr6;
                        case 7 -> state.dr7;
                        default -> state.dr[register];
                    });
        }
    }

    static final class MovToDebug extends Operation {
        /** B0 to B3, BD, BS and BT. */
        private static final long DR6_WRITABLE = 0xe00f;
        /** Everything but bit 10, which is one, and bits 11, 12, 14 and 15, which are zero. */
        private static final long DR7_WRITABLE = 0xffff_23ffL;

        MovToDebug() {
            super("mov", row("only64 0F 23 /r", "Dq,Rq"), row("not64 0F 23 /r", "Dd,Rd"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            CpuState state = core.state;
            int register = accessible(core, instruction.operand0);
            long value = Operands.read(core, instruction, instruction.operand1);
            // The upper halves of DR6 and DR7 are reserved: #GP(0).
            if (register >= 6 && value >>> 32 != 0) {
                throw Fault.generalProtection(0);
            }
            switch (register) {
                case 6 -> state.dr6 = value & DR6_WRITABLE | Control.DR6_RESET;
                case 7 -> state.dr7 = value & DR7_WRITABLE | Control.DR7_RESET;
                default -> state.dr[register] = value;
            }
            core.memory.flush();
            core.modeChanged();
        }
    }
}
