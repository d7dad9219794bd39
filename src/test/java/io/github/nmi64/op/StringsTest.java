package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StringsTest {
    private static final long FROM = BareCore.DATA;
    private static final long TO = BareCore.DATA + 0x100;
    private static final int[] REP_MOVSB = {0xf3, 0xa4};

    private final BareCore bare = new BareCore();

    private void pointers(long from, long to, long count) {
        bare.state.gpr[Gpr.RSI] = from;
        bare.state.gpr[Gpr.RDI] = to;
        bare.state.gpr[Gpr.RCX] = count;
    }

    @Test
    @DisplayName("TP-073, TP-074: RIP stays and nothing retires while iterations remain")
    void each_iteration_ends_at_a_boundary() {
        pointers(FROM, TO, 3);
        bare.memory.store64(FROM, 0x030201);
        long retired = bare.core.retired;

        for (int left = 2; left >= 0; left--) {
            bare.run(REP_MOVSB);

            assertThat(bare.state.gpr[Gpr.RCX]).isEqualTo(left);
            assertThat(bare.state.gpr[Gpr.RSI]).isEqualTo(FROM + 3 - left);
            assertThat(bare.state.gpr[Gpr.RDI]).isEqualTo(TO + 3 - left);
            assertThat(bare.state.interrupts.repeating).isEqualTo(left > 0);
            assertThat(bare.state.rip).isEqualTo(left > 0 ? BareCore.RIP : BareCore.RIP + 2);
            assertThat(bare.core.retired - retired).isEqualTo(left > 0 ? 0 : 1);
        }
        assertThat(bare.memory.load64(TO)).isEqualTo(0x030201);
    }

    @Test
    @DisplayName("TP-076: a count of zero is one instruction without memory access")
    void a_count_of_zero_is_one_instruction_without_memory_access() {
        pointers(0x0000_8000_0000_0000L, BareCore.ABSENT, 0);

        bare.run(REP_MOVSB);

        assertThat(bare.state.rip).isEqualTo(BareCore.RIP + 2);
        assertThat(bare.state.interrupts.repeating).isFalse();
        assertThat(bare.state.gpr[Gpr.RDI]).isEqualTo(BareCore.ABSENT);
    }

    @Test
    @DisplayName("TP-079: the iteration that faults leaves no trace, those before it stay")
    void a_fault_in_the_second_iteration_keeps_the_first() {
        pointers(FROM, BareCore.ABSENT - 1, 3);

        bare.run(REP_MOVSB);
        var fault = bare.step(REP_MOVSB);

        assertThat(fault).isNotNull();
        assertThat(fault.vector()).isEqualTo(Vector.PF);
        assertThat(fault.linearAddress()).isEqualTo(BareCore.ABSENT);
        assertThat(bare.state.gpr[Gpr.RCX]).isEqualTo(2);
        assertThat(bare.state.gpr[Gpr.RSI]).isEqualTo(FROM + 1);
        assertThat(bare.state.gpr[Gpr.RDI]).isEqualTo(BareCore.ABSENT);
        assertThat(bare.state.rip).isEqualTo(BareCore.RIP);
    }

    @Test
    @DisplayName("TP-081: 67 counts in ECX and writes back zero-extended")
    void a_32_bit_address_size_zero_extends_what_it_moves() {
        pointers(0xffff_ffff_0000_0000L | FROM, 0x1234_5678_0000_0000L | TO, 0xabcd_0000_0002L);

        bare.run(0x67, 0xf3, 0xa4);

        assertThat(bare.state.gpr[Gpr.RCX]).isEqualTo(1);
        assertThat(bare.state.gpr[Gpr.RSI]).isEqualTo(FROM + 1);
        assertThat(bare.state.gpr[Gpr.RDI]).isEqualTo(TO + 1);
    }

    @ParameterizedTest(name = "{0} comparing {1}: {2} iterations")
    @CsvSource({
        // code,  memory,   iterations, ZF
        "F3 AE,   5a5a5a5a, 4, true",
        "F3 AE,   5a115a5a, 3, false",
        "F2 AE,   115a1111, 3, true",
        "F2 AE,   11111111, 4, false",
    })
    @DisplayName("TP-077: F3 goes on while equal, F2 while different; the last comparison leaves its flags")
    void scas_stops_at_the_condition(String code, String memory, int iterations, boolean zero) {
        pointers(0, TO, 4);
        bare.state.gpr[Gpr.RAX] = 0x5a;
        bare.memory.store64(TO, Long.parseLong(memory, 16));
        int done = 0;

        do {
            bare.run(BareCore.bytes(code));
            done++;
        } while (bare.state.interrupts.repeating);

        assertThat(done).isEqualTo(iterations);
        assertThat(bare.state.flag(Rflags.ZF)).isEqualTo(zero);
        assertThat(bare.state.gpr[Gpr.RCX]).isEqualTo(4 - iterations);
        assertThat(bare.state.rip).isEqualTo(BareCore.RIP + 2);
    }

    @ParameterizedTest
    @CsvSource({"AA, 1", "66 AB, 2", "AB, 4", "48 AB, 8"})
    void df_turns_the_direction(String code, int size) {
        pointers(0, TO, 0);
        bare.state.rflags |= Rflags.DF;

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.gpr[Gpr.RDI]).isEqualTo(TO - size);
    }
}
