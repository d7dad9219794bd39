package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Stack;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.segmentation.Descriptor;
import io.github.nmi64.segmentation.FarReturn;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * IRET, IRETD and IRETQ in long mode (SDM vol. 2, "IRET/IRETD/IRETQ", operation IA-32e-MODE; vol. 3, 6.7.1 for NMIs).
 *
 * <p>From 64-bit mode all five frame slots are popped whatever the operand size; from compatibility mode RSP and SS are
 * popped only by a return to an outer level (TP-138, TP-139).
 */
final class InterruptReturns {
    private InterruptReturns() {}

    static List<Operation> operations() {
        return List.of(new Iret());
    }

    /**
     * Ends NMI blocking. An IRET unblocks NMIs when it begins, before its frame is read, so an IRET that faults has
     * unblocked them all the same and a waiting NMI arrives at the fault handler's first instruction (TP-009 to TP-011).
     * It need not return from an NMI handler (TP-009) and may execute at any CPL (TP-020).
     */
    private static void unblockNmis(Core core) {
        core.state.interrupts.nmiBlocked = false;
        core.refreshAttention();
    }

    static final class Iret extends Operation {
        private static final long ANY_CPL = Rflags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT;
        private static final long UPPER = Rflags.RF | Rflags.AC | Rflags.ID;

        Iret() {
            super("iret", row("CF").att("iretw|iret|iretq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            begin(core);
            failIfAsked(core.state.interrupts);
            // Long mode has no task return: NT = 1 gives #GP(0) (TP-140).
            if (core.state.flag(Rflags.NT)) {
                throw Fault.generalProtection(0);
            }
            if (instruction.mode.is64()) {
                returnFrom64(core, instruction.operandBits);
            } else {
                returnFromCompatibility(core, instruction.operandBits);
            }
            complete(core);
        }

        private static void begin(Core core) {
            InterruptState interrupts = core.state.interrupts;
            boolean unblocks = interrupts.nmiBlocked && core.rules.unblockAtIretStart();
            if (core.rules.unblockAtIretStart()) {
                unblockNmis(core);
            }
            core.sink.iretBegins(core.state, unblocks, core.clock.now, core.retired);
        }

        /** An injected fault: what a frame with a selector that has become invalid meets. */
        private static void failIfAsked(InterruptState interrupts) {
            if (interrupts.iretFault) {
                interrupts.iretFault = false;
                throw Fault.generalProtection(0);
            }
        }

        private static void complete(Core core) {
            if (!core.rules.unblockAtIretStart()) {
                unblockNmis(core);
            }
            core.sink.iretCompleted(core.state, core.clock.now, core.retired);
        }

        private static void returnFrom64(Core core, int bits) {
            int size = bits >>> 3;
            long offset = Stack.load(core, 0, bits);
            int cs = selector(Stack.load(core, size, bits));
            long image = Stack.load(core, 2L * size, bits);
            long rsp = Stack.load(core, 3L * size, bits);
            int ss = selector(Stack.load(core, 4L * size, bits));
            Descriptor code = FarReturn.checkCode(core, cs);
            long rip = FarReturn.checkTarget(code, offset);
            returnTo(core, cs, code, rip, ss, rsp, flags(core.state, image, bits));
        }

        private static void returnFromCompatibility(Core core, int bits) {
            int size = bits >>> 3;
            long offset = Stack.load(core, 0, bits);
            int cs = selector(Stack.load(core, size, bits));
            long flags = flags(core.state, Stack.load(core, 2L * size, bits), bits);
            Descriptor code = FarReturn.checkCode(core, cs);
            long rip = FarReturn.checkTarget(code, offset);
            if ((cs & 3) == core.state.cpl) {
                FarReturn.commitSameLevel(core, cs, code, rip, 3L * size);
                core.rflags(flags);
            } else {
                long rsp = Stack.load(core, 3L * size, bits);
                int ss = selector(Stack.load(core, 4L * size, bits));
                returnTo(core, cs, code, rip, ss, rsp, flags);
            }
        }

        private static void returnTo(Core core, int cs, Descriptor code, long rip, int ss, long rsp, long flags) {
            Descriptor stack = FarReturn.checkStack(core, ss, cs & 3, code);
            FarReturn.markAccessed(core, cs, code, ss, stack);
            FarReturn.commit(core, cs, code, rip, ss, stack, rsp);
            core.rflags(flags);
        }

        /** Only 16 bits of the CS and SS slots count (TP-141). */
        private static int selector(long slot) {
            return (int) slot & 0xffff;
        }

        /** RFLAGS after the return; the privileges that count are those before it (TP-152, TP-153). */
        private static long flags(CpuState state, long image, int bits) {
            long changed = ANY_CPL
                    | (bits > 16 ? UPPER : 0)
                    | (state.cpl <= state.iopl() ? Rflags.IF : 0)
                    | (state.cpl == 0 ? Rflags.IOPL : 0)
                    | (state.cpl == 0 && bits > 16 ? Rflags.VIF | Rflags.VIP : 0);
            return state.rflags & ~changed | image & changed | Rflags.FIXED;
        }
    }
}
