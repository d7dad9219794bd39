package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.delivery.Delivery;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import java.util.List;

/** Instructions that raise an event by intent: INT n INT3 INT1 INTO BOUND UD0 UD1 UD2 (SDM vol. 2, by name). */
final class SoftwareInterrupts {
    private SoftwareInterrupts() {}

    static List<Operation> operations() {
        return List.of(new Int(), new Int3(), new Int1(), new Into(), new Bound(), new Ud0(), new Ud1(), new Ud2());
    }

    /** Any vector, without error code, whatever the vector (TP-107, TP-131); {@code INT 2} is not an NMI (TP-018). */
    static final class Int extends Operation {
        Int() {
            super("int", row("CD", "Ib"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Delivery.software(core, EventType.SOFTWARE_INTERRUPT, (int) instruction.immediate & 0xff);
        }
    }

    static final class Int3 extends Operation {
        Int3() {
            super("int3", row("CC"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Delivery.software(core, EventType.SOFTWARE_EXCEPTION, Vector.BP);
        }
    }

    /** No DPL check, EXT = 1 in error codes, no bit of DR6 (TP-133). */
    static final class Int1 extends Operation {
        Int1() {
            super("int1", row("F1"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            Delivery.software(core, EventType.PRIVILEGED_SOFTWARE_EXCEPTION, Vector.DB);
        }
    }

    static final class Into extends Operation {
        Into() {
            super("into", row("not64 CE"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            if (core.state.flag(Rflags.OF)) {
                Delivery.software(core, EventType.SOFTWARE_EXCEPTION, Vector.OF);
            }
        }
    }

    /** A fault, unlike INTO: #BR reports the BOUND itself. */
    static final class Bound extends Operation {
        Bound() {
            super("bound", row("not64 62 /r", "Gv,M").att("bound ="));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = instruction.operandBits;
            long bounds = Operands.address(core, instruction, 2 * bits, false);
            long lower = signed(core.memory.read(bounds, bits, instruction.segment), bits);
            long upper = signed(core.memory.read(bounds + bits / 8, bits, instruction.segment), bits);
            long index = signed(Operands.read(core, instruction, instruction.operand0), bits);
            if (index < lower || index > upper) {
                throw Fault.of(Vector.BR);
            }
        }

        private static long signed(long value, int bits) {
            return value << 64 - bits >> 64 - bits;
        }
    }

    /** With a ModRM byte, as newer Intel processors decode it, or without, as measured on AMD's (TP-136). */
    static final class Ud0 extends Operation {
        Ud0() {
            super("ud0", row("intel 0F FF /r", "Gv,Ev"), row("amd 0F FF"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            throw Fault.undefinedOpcode();
        }
    }

    /** As {@link Ud0}. */
    static final class Ud1 extends Operation {
        Ud1() {
            super("ud1", row("intel 0F B9 /r", "Gv,Ev"), row("amd 0F B9"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            throw Fault.undefinedOpcode();
        }
    }

    static final class Ud2 extends Operation {
        Ud2() {
            super("ud2", row("0F 0B"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            throw Fault.undefinedOpcode();
        }
    }
}
