package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Stack;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.segmentation.Descriptor;
import io.github.nmi64.segmentation.DescriptorTables;
import io.github.nmi64.segmentation.FarReturn;
import io.github.nmi64.segmentation.FarTarget;
import io.github.nmi64.segmentation.TaskStacks;
import io.github.nmi64.state.CpuState;
import java.util.List;

/**
 * Far JMP, CALL and RET, direct or through 64-bit call gates (SDM vol. 2, by name; vol. 3, 5.8). None of them changes NMI
 * blocking (TP-014). Task switches do not exist in long mode.
 */
final class FarTransfers {
    private FarTransfers() {}

    static List<Operation> operations() {
        return List.of(new FarJmp(), new FarCall(), new FarRet());
    }

    private static Encoding[] rows(String direct, int digit, String names) {
        return new Encoding[] {
            Encoding.of("not64 " + direct, "Ap").att(names.replace(" *", "")),
            Encoding.of("FF /" + digit, "M").att(names)
        };
    }

    static final class FarJmp extends Operation {
        FarJmp() {
            super("jmp", rows("EA", 5, "ljmpw|ljmp|ljmpq *"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            FarPointer pointer = FarPointer.read(core, instruction);
            FarTarget target = FarTarget.ofJump(core, pointer.selector(), pointer.offset());
            DescriptorTables.markAccessed(core, target.selector(), target.code());
            load(core, target);
            core.modeChanged();
        }
    }

    static final class FarCall extends Operation {
        FarCall() {
            super("call", rows("9A", 3, "lcallw|lcall|lcallq *"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            FarPointer pointer = FarPointer.read(core, instruction);
            FarTarget target = FarTarget.ofCall(core, pointer.selector(), pointer.offset());
            DescriptorTables.markAccessed(core, target.selector(), target.code());
            if (target.cpl() < core.state.cpl) {
                callInward(core, target);
            } else {
                callAtSameLevel(core, target, target.throughGate() ? 64 : instruction.operandBits);
            }
            core.modeChanged();
        }

        private static void callAtSameLevel(Core core, FarTarget target, int bits) {
            int size = bits >>> 3;
            Stack.store(core, -size, bits, core.state.selector(Segment.CS));
            Stack.store(core, -2L * size, bits, core.state.rip);
            Stack.adjust(core, -2L * size);
            load(core, target);
        }

        /**
         * A 64-bit call gate to an inner level takes the stack pointer from the TSS, leaves SS null and pushes SS, RSP, CS
         * and RIP, eight bytes each, without alignment (SDM vol. 3, 5.8.5.1).
         */
        private static void callInward(Core core, FarTarget target) {
            CpuState state = core.state;
            int cpl = target.cpl();
            long top = TaskStacks.ofLevel(core, cpl, 0);
            push(core, top - 8, state.selector(Segment.SS), cpl);
            push(core, top - 16, state.gpr[Gpr.RSP], cpl);
            push(core, top - 24, state.selector(Segment.CS), cpl);
            push(core, top - 32, state.rip, cpl);
            DescriptorTables.loadNullStack(core, cpl);
            state.gpr[Gpr.RSP] = top - 32;
            load(core, target);
        }

        private static void push(Core core, long address, long value, int cpl) {
            core.memory.writeFrame(address, value, cpl);
        }
    }

    private static void load(Core core, FarTarget target) {
        DescriptorTables.loadCode(core, target.selector(), target.code(), target.cpl());
        core.state.rip = target.rip();
    }

    /** Pops SS and RSP only on a return to an outer level; an immediate releases parameters on both stacks (TP-163). */
    static final class FarRet extends Operation {
        FarRet() {
            super("retf", row("CB").att("lretw|lret|lretq"), row("CA", "Iw").att("lretw|lret|lretq"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = instruction.operandBits;
            int size = bits >>> 3;
            long parameters = instruction.immediate & 0xffff;
            long offset = Stack.load(core, 0, bits);
            int cs = (int) Stack.load(core, size, bits) & 0xffff;
            Descriptor code = FarReturn.checkCode(core, cs);
            long rip = FarReturn.checkTarget(code, offset);
            if ((cs & 3) == core.state.cpl) {
                FarReturn.commitSameLevel(core, cs, code, rip, 2L * size + parameters);
                return;
            }
            long outer = 2L * size + parameters;
            long rsp = Stack.load(core, outer, bits);
            int ss = (int) Stack.load(core, outer + size, bits) & 0xffff;
            Descriptor stack = FarReturn.checkStack(core, ss, cs & 3, code);
            FarReturn.markAccessed(core, cs, code, ss, stack);
            FarReturn.commit(core, cs, code, rip, ss, stack, rsp + parameters);
        }
    }
}
