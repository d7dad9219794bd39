package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.GuestProgram;
import io.github.nmi64.machine.TestMachine;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From RIP to an instruction: base and limit of CS in compatibility mode, and who is told. */
class FetchTest {
    private static final long CODE = 0x21_0000;
    private static final long BASE = 0x1_0000;
    private static final long NO_LIMIT = 0xffff_ffffL;
    private static final int CODE32_RIGHTS = 0xc09b;

    private static TestMachine compatibility(TestMachine machine, long base, long limit, long linear) {
        machine.state().segments.load(Segment.CS, GuestProgram.KERNEL_CODE32, base, limit, CODE32_RIGHTS);
        machine.state().rip = linear - base;
        return machine.changed();
    }

    private static GuestProgram code(long address, String listing) {
        return GuestProgram.kernel("90").at(address, CodeMode.COMPAT32, listing);
    }

    // ---- base

    @Test
    @DisplayName(
            "TP-148: in compatibility mode code lies at the base of CS, and a jump between pages stays relative to it")
    void code_lies_at_the_base() {
        TestMachine machine = code(CODE, "40 ; inc %eax\ne9 fa ff 01 00 ; (jmp 0x20000 ahead)\n")
                .at(CODE + 2 * BASE, CodeMode.COMPAT32, "43 ; inc %ebx\n43 ; inc %ebx\n")
                .boot();
        compatibility(machine, BASE, NO_LIMIT, CODE).steps(4);

        assertThat(machine.story()).isEmpty();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(1);
        assertThat(machine.reg(Gpr.RBX)).isEqualTo(2);
        assertThat(machine.state().rip).isEqualTo(CODE + BASE + 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    @DisplayName("TP-110, TP-148: an instruction across two pages goes on at the base as well")
    void an_instruction_across_pages(int bytesInTheFirstPage) {
        long start = CODE + 0x1000 - bytesInTheFirstPage;
        TestMachine machine =
                code(start, "05 78 56 34 12 ; add $0x12345678,%eax\n").boot();
        compatibility(machine, BASE, NO_LIMIT, start).step();

        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x1234_5678);
    }

    @Test
    @DisplayName("TP-148: RIP and base are added modulo 2^32")
    void the_linear_address_wraps() {
        TestMachine machine = code(CODE, "40 ; inc %eax\n").boot();
        compatibility(machine, NO_LIMIT - 0xfff, NO_LIMIT, CODE);
        machine.state().rip = CODE + 0x1000;
        machine.step();

        assertThat(machine.story()).isEmpty();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(1);
    }

    // ---- limit

    @ParameterizedTest(name = "limit {0}: {1} of three instructions")
    @CsvSource({"0, 0", "1, 1", "2, 1", "3, 1", "4, 2", "5, 3", "6, 3"})
    @DisplayName("TP-148: every byte of an instruction must lie within the limit of CS, else #GP(0) before it executes")
    void each_byte_must_lie_within_the_limit(long limit, int executed) {
        TestMachine machine = code(CODE, "ff c0 ; inc %eax\n83 c0 01 ; add $0x1,%eax\n90 ; nop\n")
                .boot();
        compatibility(machine, CODE, limit, CODE);
        long expected = 0;
        for (int i = 0; i < executed; i++) {
            machine.step();
            expected = i < 2 ? expected + 1 : expected; // the third is NOP
            assertThat(machine.reg(Gpr.RAX)).isEqualTo(expected);
        }
        assertThat(machine.story()).isEmpty();
        if (executed < 3) {
            long rip = machine.state().rip;
            machine.step();
            assertThat(machine.last().vector()).isEqualTo(13);
            assertThat(machine.last().errorCode()).isZero();
            assertThat(machine.last().fromRip()).isEqualTo(rip);
            assertThat(machine.reg(Gpr.RAX)).isEqualTo(expected);
        }
    }

    @Test
    @DisplayName("TP-148, TP-218: the limit counts at every fetch, also of what was decoded under a wider one")
    void the_limit_counts_at_every_fetch() {
        TestMachine machine =
                code(CODE, "40 ; inc %eax\n40 ; inc %eax\n40 ; inc %eax\n").boot();
        compatibility(machine, CODE, NO_LIMIT, CODE).steps(3);
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(3);

        compatibility(machine, CODE, 1, CODE).steps(3);
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(5);
        assertThat(machine.log().count(13)).isOne();
        assertThat(machine.last().fromRip()).isEqualTo(2);
    }

    @Test
    @DisplayName("TP-220: in 64-bit mode base and limit of CS mean nothing")
    void no_limit_in_64_bit_mode() {
        TestMachine machine =
                GuestProgram.kernel("start: 90 ; nop\nnext: 90 ; nop\n").boot();
        machine.state().segments.load(Segment.CS, GuestProgram.KERNEL_CODE, BASE, 0, 0xa09b);
        machine.changed().step();

        assertThat(machine.place()).isEqualTo("next");
        assertThat(machine.story()).isEmpty();
    }

    // ---- who is told

    /** Writes down RIP before each instruction, if it is asked to. */
    private static final class Recorder implements TraceSink {
        private final boolean listens;
        private final List<Long> before = new ArrayList<>();
        private int after;

        Recorder(boolean listens) {
            this.listens = listens;
        }

        @Override
        public boolean wantsInstructions() {
            return listens;
        }

        @Override
        public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
            before.add(state.rip - GuestProgram.KERNEL);
        }

        @Override
        public void executed(CpuState state, Instruction instruction) {
            after++;
        }
    }

    @Test
    void a_sink_that_comes_late_is_told_of_instructions_that_were_decoded_before() {
        TestMachine machine = GuestProgram.kernel("start: ff c0 ; inc %eax\n       eb fc ; (jmp start)\n")
                .boot();
        machine.steps(4);
        Recorder listening = new Recorder(true);
        machine.machine().cpu().sink(listening);
        machine.steps(4);

        assertThat(listening.before).containsExactly(0L, 2L, 0L, 2L);
        assertThat(listening.after).isEqualTo(4);

        Recorder deaf = new Recorder(false);
        machine.machine().cpu().sink(deaf);
        machine.steps(4);
        assertThat(deaf.before).isEmpty();
        assertThat(listening.before).hasSize(4);
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(6);
    }
}
