package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MovesTest {
    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "90,             nop",
        "48 90,          nop",
        "41 90,          xchg",
        "91,             xchg",
        "F3 90,          pause",
        "F3 41 90,       xchg",
        "0F 1F 44 00 00, nop",
        "0F 18 00,       prefetchnta",
        "0F 18 C0,       nop",
        "0F 0D 08,       prefetchw",
        "F3 0F 1E FA,    endbr64",
        "F3 0F 1E FB,    endbr32",
        "0F 1E FA,       nop",
        "F3 48 0F 1E C8, rdssp",
        "0F AE E8,       lfence",
        "0F AE F0,       mfence",
        "0F AE F8,       sfence",
        "0F AE 38,       clflush",
        "66 0F AE 38,    clflushopt",
        "66 0F AE 30,    clwb",
        "0F 1C 00,       cldemote",
        "66 98,          cbw",
        "98,             cwde",
        "48 98,          cdqe",
        "66 99,          cwd",
        "99,             cdq",
        "48 99,          cqo",
        "E3 00,          jrcxz",
        "67 E3 00,       jecxz",
    })
    void prefixes_tell_instructions_apart(String code, String mnemonic) {
        assertThat(BareCore.decode(CodeMode.LONG64, BareCore.bytes(code)).opcode.mnemonic())
                .isEqualTo(mnemonic);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "60",
                "61",
                "8D C0",
                "FF F8",
                "8F C8",
                "C6 C8",
                "C7 C8 00 00 00 00",
                "0F C3 C0",
                "0F 38 F0 C0",
                "F0 88 00",
                "F0 87 C0",
                "F0 90",
                "F0 0F 1F 00",
                "F0 50",
                "F0 A4"
            })
    @DisplayName("TP-241, TP-243, TP-245: undefined in 64-bit mode")
    void undefined_encodings(String code) {
        assertThatThrownBy(() -> BareCore.decode(CodeMode.LONG64, BareCore.bytes(code)))
                .isInstanceOfSatisfying(
                        Fault.class, fault -> assertThat(fault.vector()).isEqualTo(Vector.UD));
    }

    @ParameterizedTest(name = "{0}: rax {1}")
    @CsvSource({
        // RAX = 1122334455667788, RBX = ffffffff80000001 before, all flags clear
        "90,                            1122334455667788",
        "87 C0,                         55667788",
        "89 D8,                         80000001",
        "66 89 D8,                      1122334455660001",
        "88 D8,                         1122334455667701",
        "88 DC,                         1122334455660188",
        "48 C7 C0 FF FF FF FF,          ffffffffffffffff",
        "C7 C0 FF FF FF FF,             ffffffff",
        "48 B8 01 02 03 04 05 06 07 08, 0807060504030201",
        "0F 42 C3,                      55667788",
        "0F 43 C3,                      80000001",
        "66 0F 42 C3,                   1122334455667788",
        "0F B6 C4,                      77",
        "0F BE C0,                      ffffff88",
        "48 0F BE C0,                   ffffffffffffff88",
        "48 63 C3,                      ffffffff80000001",
        "63 C3,                         80000001",
        "48 8D 43 01,                   ffffffff80000002",
        "67 48 8D 43 01,                80000002",
        "66 8D 43 01,                   1122334455660002",
        "0F 92 C0,                      1122334455667700",
        "0F 93 C0,                      1122334455667701",
        "9F,                            1122334455660288",
        "48 98,                         55667788",
    })
    void results_in_the_accumulator(String code, String rax) {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RAX] = 0x1122_3344_5566_7788L;
        bare.state.gpr[Gpr.RBX] = 0xffff_ffff_8000_0001L;

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.gpr[Gpr.RAX]).isEqualTo(Long.parseUnsignedLong(rax, 16));
    }

    @Test
    void a_conditional_move_that_does_not_move_reads_its_source() {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RBX] = BareCore.ABSENT;

        var fault = bare.step(0x0f, 0x42, 0x03); // cmovb eax, [rbx] with CF clear

        assertThat(fault).isNotNull().extracting("vector").isEqualTo(Vector.PF);
    }

    @ParameterizedTest(name = "{0} faults: {1}")
    @CsvSource({"0F 18 03, false", "0F 1F 03, false", "0F 0D 0B, false", "0F AE 3B, true", "66 0F AE 3B, true"})
    void hints_do_not_touch_memory_and_flushes_do(String code, boolean faults) {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RBX] = BareCore.ABSENT;

        assertThat(bare.step(BareCore.bytes(code)) != null).isEqualTo(faults);
    }
}
