package io.github.nmi64.op;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import java.util.List;

/** IN and OUT, and the rules they share with INS and OUTS (SDM vol. 1, 19.5; vol. 2, by name). */
final class InputOutput {
    /** Offset in the TSS of the 16-bit offset of the I/O permission bitmap. */
    private static final int MAP_BASE = 102;

    private InputOutput() {}

    static List<Operation> operations() {
        return List.of(new In(), new Out());
    }

    /** Reads a port of {@code size} bytes and notes the I/O breakpoints it hits. Permission is checked before. */
    static long in(Core core, int port, int size) {
        long value = core.ports.in(port, size);
        noteBreakpoints(core.state, port, size);
        return value;
    }

    /** Writes a port of {@code size} bytes and notes the I/O breakpoints it hits. Permission is checked before. */
    static void out(Core core, int port, int size, long value) {
        core.ports.out(port, size, value);
        noteBreakpoints(core.state, port, size);
    }

    private static void noteBreakpoints(CpuState state, int port, int size) {
        if ((state.cr4 & Control.CR4_DE) != 0) {
            state.interrupts.debugStatus |= AddressBreakpoints.matching(state, port, size, AddressBreakpoints.PORTS);
        }
    }

    /**
     * Checks that the current privilege level may access {@code size} (1, 2 or 4) ports from {@code port} on: by IOPL, else
     * by the bitmap of the TSS, of which always two bytes are read (SDM vol. 1, 19.5.2).
     *
     * @throws Fault #GP(0) if it may not
     */
    static void checkPermission(Core core, int port, int size) {
        CpuState state = core.state;
        if (state.cpl > state.iopl() && !permittedByTss(core, state.segments, port, size)) {
            throw Fault.generalProtection(0);
        }
    }

    private static boolean permittedByTss(Core core, SegmentState segments, int port, int size) {
        long limit = segments.limit[Segment.TR];
        if (!segments.usable(Segment.TR) || limit <= MAP_BASE) {
            return false;
        }
        long tss = segments.base[Segment.TR];
        long at = core.memory.readSystem(tss + MAP_BASE, 16) + (port >>> 3);
        if (at + 1 > limit) {
            return false;
        }
        long denied = core.memory.readSystem(tss + at, 16) >>> (port & 7);
        return (denied & (1 << size) - 1) == 0;
    }

    private static int port(Core core, Instruction instruction, int operand) {
        return Operand.kind(operand) == Operand.PORT_DX
                ? (int) core.state.gpr[Gpr.RDX] & 0xffff
                : (int) instruction.immediate & 0xff;
    }

    static final class In extends Operation {
        In() {
            super("in", row("E4", "AL,Ib"), row("E5", "eAX,Ib"), row("EC", "AL,DX"), row("ED", "eAX,DX"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int port = port(core, instruction, instruction.operand1);
            int size = Operand.bits(instruction.operand0) >>> 3;
            checkPermission(core, port, size);
            Operands.write(core, instruction, instruction.operand0, in(core, port, size));
        }
    }

    static final class Out extends Operation {
        Out() {
            super("out", row("E6", "Ib,AL"), row("E7", "Ib,eAX"), row("EE", "DX,AL"), row("EF", "DX,eAX"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int port = port(core, instruction, instruction.operand0);
            int size = Operand.bits(instruction.operand1) >>> 3;
            checkPermission(core, port, size);
            out(core, port, size, Operands.read(core, instruction, instruction.operand1));
        }
    }
}
