package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
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
        TestMachine machine = code(CODE, "40             ; inc %eax\ne9 fa ff 01 00 ; (jmp 0x20000 ahead)\n")
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

    @Test
    @DisplayName("TP-148, TP-170: a code breakpoint is compared with that address")
    void a_breakpoint_compares_the_linear_address() {
        TestMachine machine = code(CODE, "40 ; inc %eax\n").boot();
        compatibility(machine, NO_LIMIT - 0xfff, NO_LIMIT, CODE);
        machine.state().rip = CODE + 0x1000;
        machine.breakpoint(0, CODE, AddressBreakpoints.EXECUTION, 1).step();

        assertThat(machine.last().vector()).isEqualTo(Vector.DB);
        assertThat(machine.last().fromRip()).isEqualTo(CODE + 0x1000);
    }

    // ---- the end of EIP, with code at a base and at the top of 4 GiB itself; measured on an AMD EPYC

    private static final long TOP = 0xffff_fff0L;

    private static TestMachine atTheTop(boolean withBase, String lastTwoBytes) {
        long linear = withBase ? CODE : TOP;
        String listing = "90\n".repeat(14) + lastTwoBytes + "\n";
        GuestProgram program = code(linear, listing);
        TestMachine machine = (withBase ? program.at(CODE + 16, CodeMode.COMPAT32, "40 ; inc %eax\n") : program).boot();
        long base = linear - TOP & NO_LIMIT;
        long descriptor = 0x00cf_9b00_0000_ffffL | (base & 0xff_ffff) << 16 | base >>> 24 << 56;
        machine.descriptor(GuestProgram.KERNEL_CODE32, descriptor);
        machine.state().segments.load(Segment.CS, GuestProgram.KERNEL_CODE32, base, NO_LIMIT, CODE32_RIGHTS);
        machine.state().rip = TOP;
        return machine.changed().steps(14);
    }

    @ParameterizedTest(name = "{0}, base {1}")
    @CsvSource({
        "90 90, true, 2",
        "eb 00, true, 1",
        "75 05, true, 1",
        "66 90, true, 1",
        "90 90, false, 2",
        "eb 00, false, 1",
        "f3 ac, true, 3",
        "f3 ac, false, 3"
    })
    @DisplayName("TP-148: behind the last byte of 4 GiB EIP is 0, however one gets there")
    void instruction_pointer_wraps(String code, boolean withBase, int steps) {
        TestMachine machine = atTheTop(withBase, code);
        machine.set(Gpr.RCX, 3).set(Gpr.RSI, GuestProgram.DATA);
        machine.raise(Rflags.ZF).steps(steps);

        assertThat(machine.state().rip).isZero();
        machine.nmi().step();
        assertThat(machine.last().fromRip()).isZero();
        if (withBase) {
            machine.steps(2);
            assertThat(machine.reg(Gpr.RAX)).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TP-148: INT n there pushes 0, and an event amid a REP the address of the REP")
    void what_is_pushed_at_the_end(boolean withBase) {
        TestMachine machine = atTheTop(withBase, "cd 30").step();
        assertThat(machine.last().vector()).isEqualTo(0x30);
        assertThat(machine.last().fromRip()).isZero();

        TestMachine repeated = atTheTop(withBase, "f3 ac");
        repeated.set(Gpr.RCX, 3).set(Gpr.RSI, GuestProgram.DATA).step().nmi().step();
        assertThat(repeated.last().fromRip()).isEqualTo(TOP + 14);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TP-148: an instruction that goes on beyond 4 GiB is #GP(0), before its other page is looked for")
    void an_instruction_across_the_end(boolean withBase) {
        TestMachine machine = atTheTop(withBase, "90 b8").steps(2);

        assertThat(machine.story()).hasSize(1);
        assertThat(machine.last().vector()).isEqualTo(Vector.GP);
        assertThat(machine.last().fromRip()).isEqualTo(NO_LIMIT);
    }

    @Test
    @DisplayName("TP-148: so is one whose other page lies beyond the limit")
    void the_limit_counts_before_the_next_page() {
        TestMachine machine = code(CODE + 0xfff, "b8\n").boot().withdraw(CODE + 0x1000, 1);
        compatibility(machine, CODE, 0xfff, CODE + 0xfff).step();

        assertThat(machine.last().vector()).isEqualTo(Vector.GP);
    }

    @Test
    @DisplayName("TP-220: data in compatibility mode goes on at 0 behind 4 GiB")
    void data_wraps() {
        TestMachine machine =
                code(CODE, """
                        8b 06 ; mov (%esi),%eax
                        89 06 ; mov %eax,(%esi)
                        8b 06 ; mov (%esi),%eax
                        """).at(TOP, CodeMode.COMPAT32, "90\n".repeat(16)).boot();
        machine.bytes(NO_LIMIT - 1, "11 22").bytes(0, "33 44");
        machine.state().segments.load(Segment.DS, GuestProgram.KERNEL_DATA, 0x1000, NO_LIMIT, 0xc093);
        compatibility(machine, 0, NO_LIMIT, CODE);
        machine.set(Gpr.RSI, NO_LIMIT - 0x1001).step(); // two bytes below 4 GiB
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x4433_2211);

        machine.set(Gpr.RAX, 0xddcc_bbaaL).step();
        assertThat(machine.load(0) & 0xffff).isEqualTo(0xddcc);
        assertThat(machine.load(NO_LIMIT - 7) >>> 48).isEqualTo(0xbbaa);

        machine.withdraw(0, 1).step();
        assertThat(machine.last().vector()).isEqualTo(Vector.PF);
        assertThat(machine.state().cr2).isZero();
    }

    // ---- limit

    @ParameterizedTest(name = "limit {0}: {1} of three instructions")
    @CsvSource({"0, 0", "1, 1", "2, 1", "3, 1", "4, 2", "5, 3", "6, 3"})
    @DisplayName("TP-148: every byte of an instruction must lie within the limit of CS, else #GP(0) before it executes")
    void each_byte_must_lie_within_the_limit(long limit, int executed) {
        TestMachine machine = code(CODE, """
                        ff c0    ; inc %eax
                        83 c0 01 ; add $0x1,%eax
                        90       ; nop
                        """).boot();
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
        TestMachine machine = code(CODE, """
                                40 ; inc %eax
                                40 ; inc %eax
                                40 ; inc %eax
                                """).boot();
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
                GuestProgram.kernel("start: 90 ; nop\nnext:  90 ; nop\n").boot();
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
