package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules of encodings and of single instructions, seen from a running guest. */
class InstructionRulesTest {

    @Test
    @DisplayName("TP-242: fifteen bytes are an instruction, sixteen are #GP(0), whatever the opcode")
    void an_instruction_has_at_most_fifteen_bytes() {
        TestMachine longest =
                GuestProgram.kernel("66 ".repeat(14) + "90\nnext: 90").boot();
        assertThat(longest.step().place()).isEqualTo("next");

        for (String opcode : new String[] {"90", "0f 0b"}) {
            TestMachine tooLong =
                    GuestProgram.kernel("here: " + "66 ".repeat(15) + opcode).boot();
            assertThat(tooLong.step().story()).containsExactly("#GP(0x0) at here");
        }
    }

    @Test
    @DisplayName("TP-242: a missing page before the sixteenth byte is found first")
    void a_missing_page_comes_before_the_length() {
        TestMachine machine = GuestProgram.kernel("90").boot();
        long end = GuestProgram.DATA + 0x1000;
        machine.bytes(end - 4, "66 66 66 66").withdraw(end, 1);
        machine.state().rip = end - 4;

        assertThat(machine.step().last().vector()).isEqualTo(Vector.PF);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c5 f8 77", "c4 e2 79 18 c0", "62 f1 7c 48 58 c0"})
    @DisplayName("TP-244: VEX and EVEX are #UD on a machine without AVX")
    void vector_extensions_are_undefined(String bytes) {
        assertThat(GuestProgram.kernel("here: " + bytes).boot().step().story()).containsExactly("#UD at here");
    }

    @Test
    @DisplayName("TP-244: 63 is MOVSXD and 40 to 4F are prefixes")
    void repurposed_opcodes() {
        TestMachine machine =
                GuestProgram.kernel("48 63 c1 ; movslq %ecx,%rax\nnext: 40 90").boot();
        machine.set(Gpr.RCX, 0x8000_0000L).steps(2);

        assertThat(machine.reg(Gpr.RAX)).isEqualTo(-0x8000_0000L);
        assertThat(machine.place()).isEqualTo("next+2");
    }

    @ParameterizedTest(name = "{0} with RDX {1}, RAX {2}, RCX {3}")
    @CsvSource({
        "48 f7 f1, 0, 5, 0, true",
        "48 f7 f1, 1, 0, 1, true",
        "48 f7 f1, 0, 7, 2, false",
        "48 f7 f9, -1, -9223372036854775808, -1, true",
        "48 f7 f9, 0, -9223372036854775808, 1, true",
        "48 f7 f9, -1, -9223372036854775808, 1, false"
    })
    @DisplayName("TP-246: division by zero and overflow are #DE at the division, without any effect")
    void division_faults_without_effect(String bytes, long high, long low, long divisor, boolean faults) {
        TestMachine machine = GuestProgram.kernel("here: " + bytes).boot();
        machine.set(Gpr.RDX, high).set(Gpr.RAX, low).set(Gpr.RCX, divisor);
        machine.raise(Rflags.CF | Rflags.PF).step();

        if (faults) {
            assertThat(machine.story()).containsExactly("#DE at here");
            assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED | Rflags.CF | Rflags.PF | Rflags.RF);
            assertThat(machine.reg(Gpr.RAX)).isEqualTo(low);
            assertThat(machine.reg(Gpr.RDX)).isEqualTo(high);
        } else {
            assertThat(machine.story()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"48 0f b1 11", "0f b1 11", "48 0f c7 09", "0f c7 09"})
    @DisplayName("TP-248: CMPXCHG and its wide forms write memory also when the comparison fails")
    void a_failed_comparison_still_writes(String bytes) {
        TestMachine readOnly = GuestProgram.kernel("here: " + bytes).boot();
        readOnly.set(Gpr.RCX, GuestProgram.DATA)
                .set(Gpr.RAX, 1)
                .withdraw(GuestProgram.DATA, 2)
                .step();
        assertThat(readOnly.story()).containsExactly("#PF(0x3) at here");
        assertThat(readOnly.reg(Gpr.RAX)).isOne();

        TestMachine clean = GuestProgram.kernel("here: " + bytes).boot();
        clean.set(Gpr.RCX, GuestProgram.DATA)
                .set(Gpr.RAX, 1)
                .withdraw(GuestProgram.DATA, 0x40)
                .step();
        assertThat(clean.machine().memory().load64(clean.pageEntry(GuestProgram.DATA)) & 0x40)
                .as("dirty")
                .isEqualTo(0x40);
    }

    @Test
    @DisplayName("TP-225: BSF and BSR of zero set ZF and leave the destination alone")
    void a_scan_of_zero_leaves_the_destination() {
        for (String bytes : new String[] {"48 0f bc c1", "48 0f bd c1"}) {
            TestMachine machine = GuestProgram.kernel(bytes).boot();
            machine.set(Gpr.RAX, 0x1234).step();
            assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x1234);
            assertThat(machine.state().flag(Rflags.ZF)).isTrue();
        }
    }

    @Test
    @DisplayName("TP-200: LOCK MOV CR is #UD")
    void lock_before_mov_cr_is_undefined() {
        assertThat(GuestProgram.kernel("here: f0 0f 22 c0").boot().step().story())
                .containsExactly("#UD at here");
    }
}
