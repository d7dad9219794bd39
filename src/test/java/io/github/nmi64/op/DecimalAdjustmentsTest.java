package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The compatibility-mode instructions; flags, undefined ones included, as measured on AMD Zen 3 (0xa00f11). */
class DecimalAdjustmentsTest {
    private final Core core = new SingleInstruction().core();

    private void run(String code) {
        byte[] bytes = HexFormat.of().parseHex(code);
        Instruction instruction = Decoder.decode(InstructionSet.map(), bytes, 0, bytes.length, CodeMode.COMPAT32);
        ((Operation) instruction.opcode).execute(core, instruction);
    }

    @ParameterizedTest(name = "{0} of {1} with {2} gives {3} and {4}")
    @CsvSource({
        // code, AX before, flags before, AX after, flags after
        "27,   0x0025, 0x8c7, 0x0085, 0x881", // daa
        "27,   0x00ae, 0x002, 0x0014, 0x015",
        "2f,   0x0094, 0x8c7, 0x0034, 0x801", // das
        "2f,   0x0035, 0x012, 0x002f, 0x010",
        "37,   0x0025, 0x8c6, 0x0005, 0x000", // aaa
        "37,   0x004a, 0x8c6, 0x0100, 0x015",
        "37,   0x7f0b, 0x8c6, 0x8001, 0x895",
        "3f,   0x0000, 0x8d6, 0xfe0a, 0x095", // aas
        "3f,   0x0206, 0x8d6, 0x0100, 0x015",
        "3f,   0x800e, 0x8c6, 0x7f08, 0x811",
        "d40a, 0x0063, 0x002, 0x0909, 0x004", // aam
        "d50a, 0x0128, 0x8c6, 0x0032, 0x010", // aad
        "d50a, 0x03e7, 0x8c6, 0x0005, 0x015",
        "d507, 0x0275, 0x8c6, 0x0083, 0x890",
    })
    void an_adjustment_follows_the_processor(
            String code, String before, String flagsBefore, String after, String flagsAfter) {
        core.state.gpr[Gpr.RAX] = Long.decode(before);
        core.state.rflags = Long.decode(flagsBefore);

        run(code);

        assertThat(core.state.gpr[Gpr.RAX]).isEqualTo(Long.decode(after));
        assertThat(core.state.rflags & Rflags.STATUS).isEqualTo(Long.decode(flagsAfter));
    }

    @Test
    void adjusting_to_base_zero_is_a_divide_error() {
        core.state.gpr[Gpr.RAX] = 0x1234;

        Fault fault = catchThrowableOfType(Fault.class, () -> run("d400"));

        assertThat(fault.vector()).isEqualTo(Vector.DE);
        assertThat(core.state.gpr[Gpr.RAX]).isEqualTo(0x1234);
    }

    @Test
    void every_sum_of_two_decimal_numbers_is_adjusted_to_a_decimal_number() {
        for (int a = 0; a < 100; a++) {
            for (int b = 0; b < 100; b++) {
                core.state.gpr[Gpr.RAX] = decimal(a);
                core.state.gpr[Gpr.RCX] = decimal(b);

                run("00c8"); // add al, cl
                run("27");

                assertThat(core.state.gpr[Gpr.RAX]).isEqualTo(decimal((a + b) % 100));
                assertThat(core.state.flag(Rflags.CF)).isEqualTo(a + b >= 100);
            }
        }
    }

    @Test
    void every_difference_of_two_decimal_numbers_is_adjusted_to_a_decimal_number() {
        for (int a = 0; a < 100; a++) {
            for (int b = 0; b < 100; b++) {
                core.state.gpr[Gpr.RAX] = decimal(a);
                core.state.gpr[Gpr.RCX] = decimal(b);

                run("28c8"); // sub al, cl
                run("2f");

                assertThat(core.state.gpr[Gpr.RAX]).isEqualTo(decimal((a - b + 100) % 100));
                assertThat(core.state.flag(Rflags.CF)).isEqualTo(a < b);
            }
        }
    }

    private static long decimal(int value) {
        return value / 10 << 4 | value % 10;
    }
}
