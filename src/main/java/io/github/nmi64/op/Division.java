package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * DIV and IDIV (SDM vol. 2, by name). A divisor of zero and a quotient that does not fit are #DE with nothing written
 * (TP-246). The manual leaves all flags undefined; as on AMD Zen 3 (measured on signature 0xa00f11) SF ZF PF become 0, AF
 * becomes 1, CF and OF stay.
 */
final class Division {
    private static final long AFFECTED = Rflags.SF | Rflags.ZF | Rflags.PF | Rflags.AF;

    private Division() {}

    static List<Operation> operations() {
        return List.of(new Div(), new Idiv());
    }

    private static Fault divideError() {
        return Fault.of(Vector.DE);
    }

    private static long signExtend(long value, int bits) {
        return value << -bits >> -bits;
    }

    /** The dividend of an 8-, 16- or 32-bit division, zero-extended: AX, DX:AX or EDX:EAX. */
    private static long dividend(Core core, int bits) {
        long[] gpr = core.state.gpr;
        if (bits == 8) {
            return gpr[Gpr.RAX] & 0xffff;
        }
        long mask = (1L << bits) - 1;
        return (gpr[Gpr.RDX] & mask) << bits | gpr[Gpr.RAX] & mask;
    }

    private static void commit(Core core, int bits, long quotient, long remainder) {
        if (bits == 8) {
            Operands.writeRegister(core, Gpr.RAX, 16, (remainder & 0xff) << 8 | quotient & 0xff);
        } else {
            Operands.writeRegister(core, Gpr.RAX, bits, quotient);
            Operands.writeRegister(core, Gpr.RDX, bits, remainder);
        }
        core.state.status(AFFECTED, Rflags.AF);
    }

    /**
     * Quotient of the unsigned number {@code high:low} by a divisor greater than {@code high}, digit by digit to the base
     * 2^32 (Knuth, The Art of Computer Programming, vol. 2, 4.3.1, algorithm D).
     */
    static long divide(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        int shift = Long.numberOfLeadingZeros(divisor);
        long normal = divisor << shift;
        long upper = high << shift | (shift == 0 ? 0 : low >>> 64 - shift);
        long rest = low << shift;
        long first = digit(upper, rest >>> 32, normal);
        long between = (upper << 32 | rest >>> 32) - first * normal;
        long second = digit(between, rest & 0xffff_ffffL, normal);
        return first << 32 | second;
    }

    /** One digit of the quotient of {@code upper * 2^32 + next} by a divisor whose top bit is set. */
    private static long digit(long upper, long next, long divisor) {
        long divisorHigh = divisor >>> 32;
        long divisorLow = divisor & 0xffff_ffffL;
        long estimate = Long.divideUnsigned(upper, divisorHigh);
        long remainder = upper - estimate * divisorHigh;
        // The estimate is at most two too large, and exact once its product with the lower half fits too.
        while (estimate >>> 32 != 0 || Long.compareUnsigned(estimate * divisorLow, remainder << 32 | next) > 0) {
            estimate--;
            remainder += divisorHigh;
            if (remainder >>> 32 != 0) {
                break;
            }
        }
        return estimate;
    }

    static final class Div extends Operation {
        Div() {
            super("div", row("F6 /6", "Eb"), row("F7 /6", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long divisor = Operands.read(core, instruction, instruction.operand0);
            if (bits == 64) {
                divideWide(core, divisor);
                return;
            }
            long dividend = dividend(core, bits);
            if (divisor == 0 || Long.divideUnsigned(dividend, divisor) >>> bits != 0) {
                throw divideError();
            }
            commit(core, bits, Long.divideUnsigned(dividend, divisor), Long.remainderUnsigned(dividend, divisor));
        }

        private static void divideWide(Core core, long divisor) {
            long high = core.state.gpr[Gpr.RDX];
            long low = core.state.gpr[Gpr.RAX];
            if (Long.compareUnsigned(high, divisor) >= 0) {
                throw divideError();
            }
            long quotient = divide(high, low, divisor);
            commit(core, 64, quotient, low - quotient * divisor);
        }
    }

    static final class Idiv extends Operation {
        Idiv() {
            super("idiv", row("F6 /7", "Eb"), row("F7 /7", "Ev"));
        }

        @Override
        public void execute(Core core, Instruction instruction) {
            int bits = Operand.bits(instruction.operand0);
            long divisor = signExtend(Operands.read(core, instruction, instruction.operand0), bits);
            if (divisor == 0) {
                throw divideError();
            }
            if (bits == 64) {
                divideWide(core, divisor);
                return;
            }
            long dividend = signExtend(dividend(core, bits), 2 * bits);
            long quotient = dividend / divisor;
            // Long.MIN_VALUE / -1 wraps around to itself, which is no 32-bit number either.
            if (signExtend(quotient, bits) != quotient) {
                throw divideError();
            }
            commit(core, bits, quotient, dividend % divisor);
        }

        /** Divides magnitudes and gives the quotient its sign; the remainder has that of the dividend. */
        private static void divideWide(Core core, long divisor) {
            long high = core.state.gpr[Gpr.RDX];
            long low = core.state.gpr[Gpr.RAX];
            boolean negative = high < 0;
            long magnitudeLow = negative ? -low : low;
            long magnitudeHigh = negative ? ~high + (low == 0 ? 1 : 0) : high;
            long magnitude = Math.abs(divisor); // of the most negative number: itself, read as unsigned
            if (Long.compareUnsigned(magnitudeHigh, magnitude) >= 0) {
                throw divideError();
            }
            long unsigned = divide(magnitudeHigh, magnitudeLow, magnitude);
            long quotient = negative == divisor < 0 ? unsigned : -unsigned;
            if (unsigned != 0 && quotient < 0 != (negative != divisor < 0)) {
                throw divideError();
            }
            commit(core, 64, quotient, low - quotient * divisor);
        }
    }
}
