package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Opcode;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.state.Rflags;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules about the integer instructions that have a line of their own in docs/rules.md. */
class IntegerRulesTest {
    private static final int WRITE_TO_PRESENT_USER_PAGE = 7;

    private final SingleInstruction emulator = new SingleInstruction();
    private final CpuCase request = new CpuCase();

    private CpuOutcome run(String code) {
        request.code = HexFormat.of().parseHex(code.replace(" ", ""));
        return emulator.run(request);
    }

    @Test
    void exactly_the_listed_operations_may_be_locked_TP_241() {
        List<String> lockable = InstructionSet.operations().stream()
                .filter(Opcode::lockable)
                .map(Opcode::mnemonic)
                .distinct()
                .toList();

        assertThat(lockable)
                .containsExactlyInAnyOrder(
                        "adc",
                        "add",
                        "and",
                        "btc",
                        "btr",
                        "bts",
                        "cmpxchg",
                        "cmpxchg16b",
                        "cmpxchg8b",
                        "dec",
                        "inc",
                        "neg",
                        "not",
                        "or",
                        "sbb",
                        "sub",
                        "xadd",
                        "xchg",
                        "xor");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "f0 01 c8", // add eax, ecx: a register
                "f0 03 08", // add ecx, [rax]: memory is the source
                "f0 39 08", // cmp [rax], ecx
                "f0 85 08", // test [rax], ecx
                "f0 0f a3 08", // bt [rax], ecx
                "f0 f7 20", // mul dword [rax]
                "f0 d1 20", // shl dword [rax], 1
                "f0 0f c8", // bswap eax
            })
    void lock_elsewhere_is_undefined_before_memory_is_touched_TP_241(String code) {
        request.gpr[Gpr.RAX] = 0x3000_0000L; // unmapped

        assertThat(run(code).vector).isEqualTo(Vector.UD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f b1 0e", "0f c7 0e", "48 0f c7 0e"})
    void a_failing_compare_and_exchange_still_needs_write_permission_TP_248(String code) {
        request.gpr[Gpr.RSI] = CpuCase.READ_ONLY;

        CpuOutcome outcome = run(code);

        assertThat(outcome.vector).isEqualTo(Vector.PF);
        assertThat(outcome.errorCode).isEqualTo(WRITE_TO_PRESENT_USER_PAGE);
        assertThat(outcome.cr2).isEqualTo(CpuCase.READ_ONLY);
        assertThat(outcome.gpr).isEqualTo(request.gpr);
    }

    @Test
    void a_16_byte_exchange_must_be_aligned() {
        request.gpr[Gpr.RSI] = CpuCase.DATA + 8;

        CpuOutcome outcome = run("48 0f c7 0e"); // cmpxchg16b [rsi]

        assertThat(outcome.vector).isEqualTo(Vector.GP);
        assertThat(outcome.errorCode).isZero();
    }

    @Test
    void a_16_byte_exchange_swaps_rcx_rbx_in_if_rdx_rax_is_there() {
        request.windowAddress = CpuCase.DATA;
        request.window = new byte[16];
        request.gpr[Gpr.RSI] = CpuCase.DATA;
        request.gpr[Gpr.RBX] = 0x0706_0504_0302_0100L;
        request.gpr[Gpr.RCX] = 0x0f0e_0d0c_0b0a_0908L;

        CpuOutcome outcome = run("48 0f c7 0e");

        assertThat(outcome.window).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        assertThat(outcome.rflags & Rflags.ZF).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f bc c1", "0f bd c1", "48 0f bc c1", "66 0f bd c1"})
    void a_bit_scan_of_zero_leaves_the_destination_TP_225(String code) {
        request.gpr[Gpr.RAX] = 0x1234_5678_9abc_def0L;

        CpuOutcome outcome = run(code);

        assertThat(outcome.gpr[Gpr.RAX]).isEqualTo(0x1234_5678_9abc_def0L);
        assertThat(outcome.rflags & Rflags.ZF).isNotZero();
    }

    @Test
    void a_bit_number_in_a_register_reaches_before_the_operand() {
        request.windowAddress = CpuCase.DATA;
        request.window = new byte[16];
        request.gpr[Gpr.RSI] = CpuCase.DATA + 8;
        request.gpr[Gpr.RAX] = -1; // the top bit of the word before

        CpuOutcome outcome = run("48 0f ab 06"); // bts [rsi], rax

        assertThat(outcome.window).containsExactly(0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0);
        assertThat(outcome.rflags & Rflags.CF).isZero();
    }

    @Test
    void an_offset_of_a_bit_wraps_at_the_address_size() {
        long downwards = CpuCase.DATA - 0x1_0000_0010L; // from 10h below zero to the data
        request.gpr[Gpr.RSI] = 0x10;
        request.gpr[Gpr.RAX] = downwards * 8 + 1;
        request.windowAddress = CpuCase.DATA;
        request.window = new byte[] {2, 0, 0, 0, 0, 0, 0, 0};

        CpuOutcome outcome = run("67 48 0f a3 06"); // bt [esi], rax

        assertThat(outcome.vector).isEqualTo(Vector.DB);
        assertThat(outcome.rflags & Rflags.CF).isNotZero();
    }

    @Test
    void a_32_bit_shift_by_zero_clears_the_upper_half_and_keeps_the_flags() {
        request.gpr[Gpr.RAX] = -1;
        request.gpr[Gpr.RCX] = 32;
        request.rflags = Rflags.FIXED | Rflags.STATUS;

        CpuOutcome outcome = run("d3 e0"); // shl eax, cl

        assertThat(outcome.gpr[Gpr.RAX]).isEqualTo(0xffff_ffffL);
        assertThat(outcome.rflags & Rflags.STATUS).isEqualTo(Rflags.STATUS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"27", "2f", "37", "3f", "d4 0a", "d5 0a", "82 c0 01"})
    void decimal_adjustment_is_undefined_in_64_bit_mode_TP_243(String code) {
        assertThat(run(code).vector).isEqualTo(Vector.UD);
    }
}
