package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BranchesTest {
    private static final long HOLE = 0x0000_8000_0000_0000L;

    @ParameterizedTest(name = "{1}")
    @CsvSource({"FF E0, jmp rax", "FF D0, call rax", "C3, ret", "C2 10 00, ret 16"})
    @DisplayName("TP-221: a target that is not canonical faults at the branch, with the stack untouched")
    void a_target_in_the_canonical_hole_faults_at_the_branch(String code, String text) {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RAX] = HOLE;
        bare.memory.store64(BareCore.STACK, HOLE);
        bare.memory.store64(BareCore.STACK - 8, 0x1234);

        var fault = bare.step(BareCore.bytes(code));

        assertThat(fault).as(text).isNotNull();
        assertThat(fault.vector()).isEqualTo(Vector.GP);
        assertThat(bare.state.gpr[Gpr.RSP]).isEqualTo(BareCore.STACK);
        assertThat(bare.memory.load64(BareCore.STACK - 8)).isEqualTo(0x1234);
        assertThat(bare.state.rip).isEqualTo(BareCore.RIP);
    }

    @ParameterizedTest(name = "{0}: {1} -> {2}")
    @CsvSource({
        "LONG64,   EB 10,       40012",
        "LONG64,   66 EB 10,    40013",
        "LONG64,   66 E9 00 01 00 00, 40106",
        "COMPAT32, EB 10,       40012",
        "COMPAT32, 66 EB 10,    0013",
        "COMPAT32, 66 E9 00 01, 0104",
        "COMPAT16, EB F0,       fff2",
        "COMPAT16, 66 EB F0,    3fff3",
    })
    @DisplayName("TP-223: with Intel a 16-bit operand size truncates IP outside 64-bit mode and is ignored inside it")
    void operand_size_bounds_the_target(CodeMode mode, String code, String target) {
        BareCore bare = new BareCore(mode, 0);

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.rip).isEqualTo(Long.parseLong(target, 16));
    }

    /**
     * With AMD a 66 without REX.W behind it makes a near branch one of 16 bits (APM vol. 3, by name; measured on family 19h):
     * rel16, a target of 16 bits, a word pushed or popped.
     */
    @ParameterizedTest(name = "{0}: RIP {1}, RSP {2}")
    @CsvSource({
        "66 EB 10, 0013, 0",
        "66 48 EB 10, 40014, 0",
        "48 66 EB 10, 0014, 0", // REX is ignored before another prefix
        "66 E9 10 00, 0014, 0",
        "66 E8 10 00, 0014, -2",
        "66 48 E8 10 00 00 00, 40017, -8",
        "66 74 10, 0013, 0",
        "66 75 10, 40003, 0", // not taken: the next instruction
        "66 0F 84 10 00, 0015, 0",
        "66 0F 85 10 00, 40005, 0",
        "66 E2 10, 0013, 0",
        "66 E3 10, 40003, 0",
        "66 FF E0, 3456, 0",
        "66 FF D0, 3456, -2",
        "66 C3, c123, 2",
        "66 C2 10 00, c123, 18",
        "C3, 7700c123, 8"
    })
    @DisplayName("TP-223: with AMD 66 without REX.W makes a near branch one of 16 bits")
    void with_amd_66_makes_a_near_branch_one_of_16_bits(String code, String rip, int moved) {
        BareCore bare = new BareCore(Rules.AMD);
        bare.state.gpr[Gpr.RAX] = 0x1234_3456;
        bare.state.gpr[Gpr.RCX] = 2;
        bare.state.rflags |= Rflags.ZF;
        bare.memory.store64(BareCore.STACK, 0x7700_c123);

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.rip).isEqualTo(Long.parseLong(rip, 16));
        assertThat(bare.state.gpr[Gpr.RSP]).isEqualTo(BareCore.STACK + moved);
        if (moved == -2) {
            assertThat(bare.memory.load64(BareCore.STACK - 8) >>> 48).isEqualTo(code.startsWith("66 E8") ? 4 : 3);
        }
    }

    /** As measured on AMD's processors; no manual mentions it. */
    @ParameterizedTest(name = "{0}, ZF {1}, AMD {2}: {3}")
    @CsvSource({
        "F2 E1 10, true, true, false",
        "F2 E1 10, false, true, true",
        "F3 E0 10, true, true, true",
        "F3 E0 10, false, true, false",
        "F3 E1 10, true, true, true",
        "F2 E0 10, true, true, false",
        "F2 E1 10, true, false, true",
        "F3 E0 10, true, false, false"
    })
    void with_amd_f2_and_f3_turn_loope_and_loopne_into_each_other(String code, boolean zf, boolean amd, boolean taken) {
        BareCore bare = new BareCore(amd ? Rules.AMD : Rules.INTEL);
        bare.state.gpr[Gpr.RCX] = 2;
        bare.state.rflags |= zf ? Rflags.ZF : 0;

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.rip).isEqualTo(BareCore.RIP + (taken ? 0x13 : 3));
    }

    @ParameterizedTest(name = "jmp eax to {0}, 64-bit: {1}")
    @CsvSource({"0xffff, false, ok", "0x10000, false, #GP(0x0)", "0x100000000, true, ok", "-0x80000000, true, ok"})
    @DisplayName("TP-221: CS.limit bounds a target in compatibility mode, canonicality one in 64-bit mode")
    void the_code_segment_bounds_targets_in_compatibility_mode(String target, boolean is64, String expected) {
        SystemMachine machine = new SystemMachine();
        if (is64) {
            machine.state.segments.limit[Segment.CS] = 0xffff;
        } else {
            machine.mode(SystemMachine.SHORT_CODE32, SystemMachine.USER_DATA, 3);
            machine.state.segments.limit[Segment.CS] = 0xffff;
        }
        machine.set(Gpr.RAX, Long.decode(target));
        machine.code(0x8000, "ffe0");

        assertThat(machine.event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            assertThat(machine.state.rip).isEqualTo(Long.decode(target));
        }
    }

    /** EIP counts from CS.base in compatibility mode; 64-bit mode takes the base as zero (SDM vol. 3, 3.2.4). */
    @ParameterizedTest(name = "64-bit: {0}")
    @ValueSource(booleans = {false, true})
    void instructions_are_fetched_from_the_code_segments_base(boolean is64) {
        SystemMachine machine = new SystemMachine();
        if (!is64) {
            machine.user32();
        }
        machine.code(0x8000, "b001").code(0x9000, "b002"); // mov $1,%al; mov $2,%al
        machine.state.segments.base[Segment.CS] = 0x1000;
        machine.core.modeChanged();
        machine.state.rip = 0x8000;
        machine.succeed();

        assertThat(machine.reg(Gpr.RAX)).isEqualTo(is64 ? 1 : 2);
        assertThat(machine.state.rip).isEqualTo(0x8002);
    }

    @ParameterizedTest(name = "{0} with rcx {1}: jumps {2}, rcx {3}")
    @CsvSource({
        "E2 10,    1,                false, 0",
        "E2 10,    0,                true,  ffffffffffffffff",
        "67 E2 10, 1234567800000001, false, 0",
        "67 E2 10, 1234567800000000, true,  ffffffff",
        "E3 10,    0,                true,  0",
        "E3 10,    100000000,        false, 100000000",
        "67 E3 10, 100000000,        true,  100000000",
    })
    void loops_count_at_the_address_size(String code, String count, boolean jumps, String after) {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RCX] = Long.parseUnsignedLong(count, 16);
        int[] bytes = BareCore.bytes(code);

        bare.run(bytes);

        assertThat(bare.state.rip).isEqualTo(BareCore.RIP + bytes.length + (jumps ? 0x10 : 0));
        assertThat(bare.state.gpr[Gpr.RCX]).isEqualTo(Long.parseUnsignedLong(after, 16));
    }

    @Test
    void a_call_pushes_the_address_behind_it() {
        BareCore bare = new BareCore();

        bare.run(0xe8, 0x00, 0x01, 0x00, 0x00);

        assertThat(bare.memory.load64(BareCore.STACK - 8)).isEqualTo(BareCore.RIP + 5);
        assertThat(bare.state.rip).isEqualTo(BareCore.RIP + 0x105);
        bare.run(0xc2, 0x10, 0x00);
        assertThat(bare.state.rip).isEqualTo(BareCore.RIP + 5);
        assertThat(bare.state.gpr[Gpr.RSP]).isEqualTo(BareCore.STACK + 0x10);
    }
}
