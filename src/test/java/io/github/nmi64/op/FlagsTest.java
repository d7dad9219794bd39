package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlagsTest {
    @ParameterizedTest(name = "{0} with IF {1}: IF {2}, shadow {3}")
    @CsvSource({
        "FB, 0, 1, 1",
        "FB, 1, 1, 0",
        "FA, 1, 0, 0",
        "FA, 0, 0, 0",
        "9D, 0, 1, 0",
    })
    @DisplayName("TP-066, TP-067, TP-070: only an STI that changes IF casts a shadow; CLI and POPF cast none")
    void the_interrupt_flag_and_its_shadow(String code, int before, int after, int shadow) {
        BareCore bare = new BareCore();
        bare.core.rflags(Rflags.FIXED | (before == 1 ? Rflags.IF : 0));
        bare.memory.store64(BareCore.STACK, Rflags.FIXED | Rflags.IF);

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.flag(Rflags.IF)).isEqualTo(after == 1);
        assertThat(bare.state.interrupts.shadow)
                .isEqualTo(shadow == 1 ? InterruptState.STI_SHADOW : InterruptState.NO_SHADOW);
        assertThat(bare.core.attention).isEqualTo(bare.core.derivedAttention());
    }

    @ParameterizedTest(name = "CPL {0}, IOPL {1}: faults {2}")
    @CsvSource({"0, 0, false", "1, 0, true", "3, 2, true", "3, 3, false", "2, 2, false"})
    @DisplayName("TP-071: CLI and STI are #GP(0) if CPL exceeds IOPL")
    void cli_and_sti_need_iopl(int cpl, int iopl, boolean faults) {
        for (int code : new int[] {0xfa, 0xfb}) {
            BareCore bare = new BareCore(CodeMode.LONG64, cpl);
            bare.core.rflags(Rflags.FIXED | (long) iopl << 12);

            var fault = bare.step(code);

            assertThat(fault != null).isEqualTo(faults);
            if (fault != null) {
                assertThat(fault.vector()).isEqualTo(Vector.GP);
                assertThat(bare.state.flag(Rflags.IF)).isFalse();
            }
        }
    }

    /** Measured on an AMD EPYC: AL alone changes, and no flag. */
    @ParameterizedTest
    @CsvSource({"COMPAT32, 0, 12345600", "COMPAT32, 1, 123456ff", "COMPAT16, 1, 123456ff"})
    @DisplayName("TP-243: SALC spreads CF over AL")
    void salc(CodeMode mode, long carry, String expected) {
        BareCore bare = new BareCore(mode, 3);
        bare.state.gpr[Gpr.RAX] = 0x1234_5678;
        bare.state.status(Rflags.OF | Rflags.ZF | carry);

        bare.run(0xd6);

        assertThat(bare.state.gpr[Gpr.RAX]).isEqualTo(Long.parseLong(expected, 16));
        assertThat(bare.state.rflags & Rflags.STATUS).isEqualTo(Rflags.OF | Rflags.ZF | carry);
    }

    @Test
    @DisplayName("TP-241, TP-243: SALC is undefined in 64-bit mode and under LOCK")
    void salc_undefined() {
        assertThatThrownBy(() -> BareCore.decode(CodeMode.LONG64, 0xd6)).hasMessage("#UD");
        assertThatThrownBy(() -> BareCore.decode(CodeMode.COMPAT32, 0xf0, 0xd6)).hasMessage("#UD");
    }
}
