package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.state.Rflags;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addition, subtraction, shifts, multiplication and division against {@link BigInteger}, at every width. */
class IntegerPropertiesTest {
    private static final int CASES = 500;

    private final SplittableRandom random = new SplittableRandom(20260101);
    private final SingleInstruction emulator = new SingleInstruction();

    private BigInteger unsigned(long value, int bits) {
        return new BigInteger(Long.toUnsignedString(value)).mod(BigInteger.ONE.shiftLeft(bits));
    }

    private BigInteger signed(long value, int bits) {
        BigInteger unsigned = unsigned(value, bits);
        return unsigned.testBit(bits - 1) ? unsigned.subtract(BigInteger.ONE.shiftLeft(bits)) : unsigned;
    }

    private static boolean fitsUnsigned(BigInteger value, int bits) {
        return value.signum() >= 0 && value.bitLength() <= bits;
    }

    private static boolean fitsSigned(BigInteger value, int bits) {
        return value.bitLength() < bits;
    }

    private long number() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong(-2, 3);
            case 1 -> (1L << random.nextInt(64)) + random.nextLong(-1, 2);
            default -> random.nextLong() >> random.nextInt(64);
        };
    }

    /** Runs an instruction given by its byte-sized opcode; the other widths have the next opcode. */
    private CpuOutcome run(int bits, int opcode, int modrm, long rax, long rcx, long rdx, long rflags) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        if (bits == 16) {
            code.write(0x66);
        }
        if (bits == 64) {
            code.write(0x48);
        }
        code.write(bits == 8 ? opcode : opcode + 1);
        code.write(modrm);
        CpuCase request = new CpuCase();
        request.code = code.toByteArray();
        request.gpr[Gpr.RAX] = rax;
        request.gpr[Gpr.RCX] = rcx;
        request.gpr[Gpr.RDX] = rdx;
        request.rflags = rflags;
        return emulator.run(request);
    }

    private static boolean flag(CpuOutcome outcome, long flag) {
        return (outcome.rflags & flag) != 0;
    }

    private void checkResult(CpuOutcome outcome, int bits, long before, BigInteger exact) {
        BigInteger result = exact.mod(BigInteger.ONE.shiftLeft(bits));
        long kept = bits >= 32 ? 0 : before >>> bits << bits;
        assertThat(outcome.gpr[Gpr.RAX]).isEqualTo(kept | result.longValue());
        assertThat(flag(outcome, Rflags.ZF)).as("ZF").isEqualTo(result.signum() == 0);
        assertThat(flag(outcome, Rflags.SF)).as("SF").isEqualTo(result.testBit(bits - 1));
        int ones = result.mod(BigInteger.valueOf(256)).bitCount();
        assertThat(flag(outcome, Rflags.PF)).as("PF").isEqualTo(ones % 2 == 0);
    }

    @ParameterizedTest(name = "{1} at {0} bits")
    @CsvSource({
        "8, add", "16, add", "32, add", "64, add", "8, adc", "16, adc", "32, adc", "64, adc",
        "8, sub", "16, sub", "32, sub", "64, sub", "8, sbb", "16, sbb", "32, sbb", "64, sbb"
    })
    void sums_and_differences_are_exact(int bits, String mnemonic) {
        boolean adds = mnemonic.startsWith("ad");
        boolean carries = mnemonic.equals("adc") || mnemonic.equals("sbb");
        int opcode =
                mnemonic.equals("add") ? 0x00 : mnemonic.equals("adc") ? 0x10 : mnemonic.equals("sub") ? 0x28 : 0x18;
        for (int i = 0; i < CASES; i++) {
            long a = number();
            long b = number();
            long carry = random.nextInt(2);
            BigInteger third = BigInteger.valueOf(carries ? carry : 0);

            CpuOutcome outcome = run(bits, opcode, 0xc8, a, b, 0, Rflags.FIXED | carry);

            BigInteger second = adds
                    ? unsigned(b, bits).add(third)
                    : unsigned(b, bits).add(third).negate();
            BigInteger signedSecond = adds
                    ? signed(b, bits).add(third)
                    : signed(b, bits).add(third).negate();
            BigInteger exact = unsigned(a, bits).add(second);
            checkResult(outcome, bits, a, exact);
            assertThat(flag(outcome, Rflags.CF)).as("CF").isEqualTo(!fitsUnsigned(exact, bits));
            boolean overflow = !fitsSigned(signed(a, bits).add(signedSecond), bits);
            assertThat(flag(outcome, Rflags.OF)).as("OF").isEqualTo(overflow);
            BigInteger nibbles = adds
                    ? unsigned(a, 4).add(unsigned(b, 4)).add(third)
                    : unsigned(a, 4).subtract(unsigned(b, 4)).subtract(third);
            assertThat(flag(outcome, Rflags.AF)).as("AF").isEqualTo(!fitsUnsigned(nibbles, 4));
        }
    }

    @ParameterizedTest(name = "{1} at {0} bits")
    @CsvSource({
        "8, shl", "16, shl", "32, shl", "64, shl", "8, shr", "16, shr", "32, shr", "64, shr", "8, sar", "16, sar",
        "32, sar", "64, sar"
    })
    void shifts_multiply_and_divide_by_powers_of_two(int bits, String mnemonic) {
        int modrm = mnemonic.equals("shl") ? 0xe0 : mnemonic.equals("shr") ? 0xe8 : 0xf8;
        for (int i = 0; i < CASES; i++) {
            long a = number();
            int count = random.nextInt(256);
            int masked = count & (bits == 64 ? 63 : 31);

            CpuOutcome outcome = run(bits, 0xd2, modrm, a, count, 0, Rflags.FIXED);

            if (masked == 0) {
                assertThat(outcome.rflags & Rflags.STATUS).isZero();
                continue;
            }
            BigInteger value = mnemonic.equals("sar") ? signed(a, bits) : unsigned(a, bits);
            BigInteger exact = mnemonic.equals("shl") ? value.shiftLeft(masked) : value.shiftRight(masked);
            checkResult(outcome, bits, a, exact);
            boolean carry = mnemonic.equals("shl") ? exact.testBit(bits) : value.testBit(masked - 1);
            assertThat(flag(outcome, Rflags.CF)).as("CF").isEqualTo(carry);
        }
    }

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {8, 16, 32, 64})
    void products_have_twice_the_width(int bits) {
        for (int i = 0; i < CASES; i++) {
            long a = number();
            long b = number();

            CpuOutcome unsigned = run(bits, 0xf6, 0xe1, a, b, 0, Rflags.FIXED);
            CpuOutcome signed = run(bits, 0xf6, 0xe9, a, b, 0, Rflags.FIXED);

            BigInteger unsignedProduct = unsigned(a, bits).multiply(unsigned(b, bits));
            BigInteger signedProduct = signed(a, bits).multiply(signed(b, bits));
            assertThat(wide(unsigned, bits)).isEqualTo(unsignedProduct);
            assertThat(flag(unsigned, Rflags.CF)).isEqualTo(!fitsUnsigned(unsignedProduct, bits));
            assertThat(wide(signed, bits)).isEqualTo(signedProduct.mod(BigInteger.ONE.shiftLeft(2 * bits)));
            assertThat(flag(signed, Rflags.OF)).isEqualTo(!fitsSigned(signedProduct, bits));
        }
    }

    /** AX, or rDX:rAX, as an unsigned number. */
    private BigInteger wide(CpuOutcome outcome, int bits) {
        return bits == 8
                ? unsigned(outcome.gpr[Gpr.RAX], 16)
                : unsigned(outcome.gpr[Gpr.RDX], bits).shiftLeft(bits).or(unsigned(outcome.gpr[Gpr.RAX], bits));
    }

    @ParameterizedTest(name = "signed {1} at {0} bits")
    @CsvSource({"8, false", "16, false", "32, false", "64, false", "8, true", "16, true", "32, true", "64, true"})
    void division_is_exact_or_a_divide_error_without_effect_TP_246(int bits, boolean isSigned) {
        int divided = 0;
        for (int i = 0; i < 4 * CASES; i++) {
            long rax = number();
            long rdx = random.nextInt(3) == 0 ? number() : isSigned ? rax << -bits >> 63 : 0;
            long rcx = number();

            CpuOutcome outcome = run(bits, 0xf6, isSigned ? 0xf9 : 0xf1, rax, rcx, rdx, Rflags.FIXED);

            BigInteger bitsOfDividend = bits == 8
                    ? unsigned(rax, 16)
                    : unsigned(rdx, bits).shiftLeft(bits).or(unsigned(rax, bits));
            boolean negative = isSigned && bitsOfDividend.testBit(2 * bits - 1);
            BigInteger dividend =
                    negative ? bitsOfDividend.subtract(BigInteger.ONE.shiftLeft(2 * bits)) : bitsOfDividend;
            BigInteger divisor = isSigned ? signed(rcx, bits) : unsigned(rcx, bits);
            if (divides(dividend, divisor, bits, isSigned)) {
                divided++;
                assertThat(outcome.vector).isEqualTo(Vector.DB);
                assertThat(quotient(outcome, bits)).isEqualTo(unsignedOf(dividend.divide(divisor), bits));
                assertThat(remainder(outcome, bits)).isEqualTo(unsignedOf(dividend.remainder(divisor), bits));
            } else {
                assertThat(outcome.vector).isEqualTo(Vector.DE);
                assertThat(outcome.gpr[Gpr.RAX]).isEqualTo(rax);
                assertThat(outcome.gpr[Gpr.RDX]).isEqualTo(rdx);
                assertThat(outcome.rflags & Rflags.STATUS).isZero();
                assertThat(outcome.rip).isEqualTo(CpuCase.CODE);
            }
        }
        assertThat(divided).isGreaterThan(CASES / 4);
    }

    private static boolean divides(BigInteger dividend, BigInteger divisor, int bits, boolean isSigned) {
        if (divisor.signum() == 0) {
            return false;
        }
        BigInteger quotient = dividend.divide(divisor);
        return isSigned ? fitsSigned(quotient, bits) : fitsUnsigned(quotient, bits);
    }

    private static long unsignedOf(BigInteger value, int bits) {
        return value.mod(BigInteger.ONE.shiftLeft(bits)).longValue();
    }

    private long quotient(CpuOutcome outcome, int bits) {
        return unsigned(outcome.gpr[Gpr.RAX], bits).longValue();
    }

    private long remainder(CpuOutcome outcome, int bits) {
        return bits == 8
                ? outcome.gpr[Gpr.RAX] >>> 8 & 0xff
                : unsigned(outcome.gpr[Gpr.RDX], bits).longValue();
    }
}
