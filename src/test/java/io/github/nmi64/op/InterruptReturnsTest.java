package io.github.nmi64.op;

import static io.github.nmi64.op.SystemMachine.ABSENT_CODE;
import static io.github.nmi64.op.SystemMachine.ABSENT_DATA;
import static io.github.nmi64.op.SystemMachine.BEYOND;
import static io.github.nmi64.op.SystemMachine.CODE;
import static io.github.nmi64.op.SystemMachine.CONFORMING_CODE;
import static io.github.nmi64.op.SystemMachine.CONFORMING_USER_CODE;
import static io.github.nmi64.op.SystemMachine.KERNEL_CODE;
import static io.github.nmi64.op.SystemMachine.KERNEL_DATA;
import static io.github.nmi64.op.SystemMachine.LONG_AND_BIG_CODE;
import static io.github.nmi64.op.SystemMachine.NON_CANONICAL;
import static io.github.nmi64.op.SystemMachine.READ_ONLY_DATA;
import static io.github.nmi64.op.SystemMachine.STACK;
import static io.github.nmi64.op.SystemMachine.USER;
import static io.github.nmi64.op.SystemMachine.USER_CODE;
import static io.github.nmi64.op.SystemMachine.USER_CODE32;
import static io.github.nmi64.op.SystemMachine.USER_DATA;
import static io.github.nmi64.op.SystemMachine.handler;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** IRET in long mode: docs/rules.md, J, with an NMI waiting where it matters. */
class InterruptReturnsTest {
    private static final long USER_STACK = 0x1f008;

    /** What can be wrong with the popped CS, from CPL 0, and the fault it gives; null if nothing is wrong. */
    private static final Object[][] CODE_SELECTORS = {
        {"good", USER_CODE | 3, null},
        {"null", 3, "#GP(0x0)"},
        {"beyond the GDT", BEYOND | 3, "#GP(0xb0)"},
        {"beyond the LDT", 0x0f, "#GP(0xc)"},
        {"data", USER_DATA | 3, "#GP(0x30)"},
        {"L and D", LONG_AND_BIG_CODE | 3, "#GP(0x48)"},
        {"DPL < RPL", KERNEL_CODE | 3, "#GP(0x8)"},
        {"conforming, DPL > RPL", CONFORMING_USER_CODE, "#GP(0x68)"},
        {"conforming, DPL = RPL", CONFORMING_USER_CODE | 3, null},
        {"not present", ABSENT_CODE | 3, "#NP(0x40)"},
    };

    private static final Object[][] STACK_SELECTORS = {
        {"good", USER_DATA | 3, null},
        {"null", 3, "#GP(0x0)"},
        {"beyond the GDT", BEYOND | 3, "#GP(0xb0)"},
        {"RPL not CS.RPL", USER_DATA, "#GP(0x30)"},
        {"read-only", READ_ONLY_DATA | 3, "#GP(0x58)"},
        {"code", USER_CODE | 3, "#GP(0x38)"},
        {"DPL not CS.RPL", KERNEL_DATA | 3, "#GP(0x10)"},
        {"not present", ABSENT_DATA | 3, "#SS(0x60)"},
    };

    static List<Arguments> frames() {
        List<Arguments> frames = new ArrayList<>();
        for (Object[] cs : CODE_SELECTORS) {
            for (Object[] ss : STACK_SELECTORS) {
                for (boolean badRip : new boolean[] {false, true}) {
                    for (boolean nestedTask : new boolean[] {false, true}) {
                        String expected = nestedTask ? "#GP(0x0)" : firstFault((String) cs[2], badRip, (String) ss[2]);
                        frames.add(Arguments.of(cs[0], ss[0], badRip, nestedTask, cs[1], ss[1], expected));
                    }
                }
            }
        }
        return frames;
    }

    /** CS, then RIP, then SS. */
    private static String firstFault(String cs, boolean badRip, String ss) {
        return cs != null ? cs : badRip ? "#GP(0x0)" : ss != null ? ss : "ok";
    }

    @ParameterizedTest(name = "CS {0}, SS {1}, bad RIP {2}, NT {3}")
    @MethodSource("frames")
    @DisplayName(
            "TP-009, TP-010, TP-013, TP-140, TP-142, TP-143, TP-144, TP-145, TP-146, TP-147, TP-151: IRET checks CS, then RIP, then SS, and unblocks NMIs whatever its frame holds")
    void unblocks_nmis_whatever_its_frame_holds(
            String csCase, String ssCase, boolean badRip, boolean nestedTask, int cs, int ss, String expected) {
        long target = badRip ? NON_CANONICAL : USER;
        SystemMachine machine = new SystemMachine()
                .code("48cf")
                .flags(nestedTask ? Rflags.NT : 0)
                .frame(64, target, cs, Rflags.IF | 2, USER_STACK, ss)
                .nmiWaiting();

        assertThat(machine.event()).isEqualTo(expected);
        assertThat(machine.blocked()).isFalse();
        assertThat(machine.log().iretsBegun()).containsExactly(true);
        assertThat(machine.log().iretsCompleted()).isEqualTo(expected.equals("ok") ? 1 : 0);
        if (expected.equals("ok")) {
            machine.step();
            assertNmiAt(machine, USER, USER_STACK, cs);
        } else {
            assertThat(machine.last().fromRip()).isEqualTo(CODE);
            assertThat(machine.last().fromRsp()).isEqualTo(STACK);
            assertThat(machine.last().fromCs()).isEqualTo(KERNEL_CODE);
            assertThat(machine.state.rip).isEqualTo(handler(machine.last().vector()));
            long frame = machine.last().frame();
            long entry = machine.state.rip;
            machine.step();
            assertNmiAt(machine, entry, frame, KERNEL_CODE);
        }
    }

    private static void assertNmiAt(SystemMachine machine, long rip, long rsp, int cs) {
        assertThat(machine.last().type()).isEqualTo(EventType.NMI);
        assertThat(machine.last().fromRip()).isEqualTo(rip);
        assertThat(machine.last().fromRsp()).isEqualTo(rsp);
        assertThat(machine.last().fromCs()).isEqualTo(cs);
        assertThat(machine.blocked()).isTrue();
    }

    @Test
    @DisplayName("TP-011, TP-150: an IRET unblocks NMIs before a page fault on its frame")
    void unblocks_nmis_before_a_page_fault_on_its_frame() {
        SystemMachine machine = new SystemMachine().code("48cf").nmiWaiting().unmap(0x60000);
        machine.gate(Vector.PF, KERNEL_CODE, handler(Vector.PF), 0x8e, 1);
        machine.store(SystemMachine.TSS + 36, SystemMachine.RSP0);
        machine.set(Gpr.RSP, 0x60100);

        assertThat(machine.event()).isEqualTo("#PF(0x0)");
        assertThat(machine.last().fromRip()).isEqualTo(CODE);
        assertThat(machine.last().fromRsp()).isEqualTo(0x60100);
        assertThat(machine.state.cr2).isEqualTo(0x60100);
        machine.step();
        assertNmiAt(machine, handler(Vector.PF), SystemMachine.RSP0 - 48, KERNEL_CODE);
    }

    @ParameterizedTest
    @CsvSource({"f048cf, #UD", "cb, ok", "48cb, ok", "c3, ok", "9d, ok"})
    @DisplayName("TP-012, TP-014, TP-015, TP-161: RETF, RET, POPF and an undefined IRET leave NMIs blocked")
    void nothing_but_an_executed_iret_unblocks(String code, String expected) {
        SystemMachine machine = new SystemMachine()
                .code(code)
                .frame(code.equals("cb") ? 32 : 64, USER, KERNEL_CODE)
                .nmiWaiting();

        assertThat(machine.event()).isEqualTo(expected);
        assertThat(machine.blocked()).isTrue();
        assertThat(machine.log().iretsBegun()).isEmpty();
    }

    @Test
    void a_faulting_iret_leaves_nmis_blocked_if_the_rules_say_so() {
        Rules late = Rules.INTEL.with("unblock-at-iret-start", "false");
        SystemMachine machine = new SystemMachine(late)
                .code("48cf")
                .frame(64, USER, 0, 2, USER_STACK, USER_DATA | 3)
                .nmiWaiting();

        assertThat(machine.event()).isEqualTo("#GP(0x0)");
        assertThat(machine.blocked()).isTrue();

        machine = new SystemMachine(late)
                .code("48cf")
                .frame(64, USER, USER_CODE | 3, 2, USER_STACK, USER_DATA | 3)
                .nmiWaiting();
        assertThat(machine.event()).isEqualTo("ok");
        assertThat(machine.blocked()).isFalse();
        machine.step();
        assertNmiAt(machine, USER, USER_STACK, USER_CODE | 3);
    }

    @Test
    @DisplayName("TP-020: IRET unblocks NMIs at CPL 3 too")
    void unblocks_nmis_at_cpl_3_too() {
        SystemMachine machine = new SystemMachine()
                .user()
                .code("48cf")
                .frame(64, USER, USER_CODE | 3, 2, USER_STACK, USER_DATA | 3)
                .nmiWaiting();

        machine.succeed().step();
        assertNmiAt(machine, USER, USER_STACK, USER_CODE | 3);
    }

    @ParameterizedTest(name = "{0}: {1} bits")
    @CsvSource({"48cf, 64", "cf, 32", "66cf, 16"})
    @DisplayName("TP-138, TP-141, TP-149: IRET pops five slots of any size in 64-bit mode")
    void pops_five_slots_of_any_size_in_64_bit_mode(String code, int bits) {
        SystemMachine machine = new SystemMachine().code(code);
        long garbage = bits == 16 ? 0 : 0xabcd_0000L;
        machine.code(0x100, "90").code(code);
        machine.frame(bits, 0x100, garbage | KERNEL_CODE, Rflags.CF, 0x1239, garbage | KERNEL_DATA);

        machine.succeed();
        assertThat(machine.state.rip).isEqualTo(0x100);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(0x1239);
        assertThat(machine.state.selector(Segment.CS)).isEqualTo(KERNEL_CODE);
        assertThat(machine.state.selector(Segment.SS)).isEqualTo(KERNEL_DATA);
        assertThat(machine.state.rflags).isEqualTo(Rflags.CF | Rflags.FIXED);
    }

    @Test
    @DisplayName("TP-139: IRET within a level of compatibility mode pops three slots")
    void pops_three_slots_within_a_level_of_compatibility_mode() {
        SystemMachine machine = new SystemMachine().user32().code("cf").frame(32, USER, USER_CODE32 | 3, Rflags.CF);
        machine.succeed();

        assertThat(machine.state.rip).isEqualTo(USER);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK + 12);
        assertThat(machine.state.rflags).isEqualTo(Rflags.CF | Rflags.FIXED);
    }

    @Test
    @DisplayName("TP-139, TP-151: IRET returns from compatibility mode to 64-bit code of the same level")
    void returns_from_compatibility_mode_to_64_bit_code_of_the_same_level() {
        SystemMachine machine = new SystemMachine().kernel32().code("cf").frame(32, USER, KERNEL_CODE, 0);
        machine.succeed();

        assertThat(machine.state.selector(Segment.CS)).isEqualTo(KERNEL_CODE);
        assertThat(machine.state.cpl).isZero();
        assertThat(machine.core.mode.is64()).isTrue();
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK + 12);
        assertThat(machine.descriptorAt(KERNEL_CODE) >>> 40 & 1).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-010: an injected fault of IRET unblocks NMIs as any other does")
    void an_injected_fault_unblocks_nmis_as_any_other() {
        SystemMachine machine = new SystemMachine()
                .code("48cf")
                .frame(64, USER, USER_CODE | 3, 2, USER_STACK, USER_DATA | 3)
                .nmiWaiting();
        machine.cpu.inputs().failNextIret();

        assertThat(machine.event()).isEqualTo("#GP(0x0)");
        assertThat(machine.last().fromRip()).isEqualTo(CODE);
        machine.step();
        assertNmiAt(machine, handler(Vector.GP), STACK - 48, KERNEL_CODE);
        assertThat(machine.state.interrupts.iretFault).as("once").isFalse();
    }

    @Test
    @DisplayName("TP-139: IRET to an outer level pops five slots in compatibility mode too")
    void pops_five_slots_to_an_outer_level_from_compatibility_mode() {
        SystemMachine machine = new SystemMachine()
                .kernel32()
                .code("cf")
                .frame(32, USER, USER_CODE32 | 3, Rflags.CF, 0x1234, USER_DATA | 3);
        machine.succeed();

        assertThat(machine.reg(Gpr.RSP)).isEqualTo(0x1234);
        assertThat(machine.state.cpl).isEqualTo(3);
        assertThat(machine.core.mode.is64()).isFalse();
    }

    @ParameterizedTest(name = "SS {0} at CPL {1}: {2}")
    @CsvSource({"0, 0, ok", "1, 0, #GP(0x0)", "0, 3, #GP(0x0)", "3, 3, #GP(0x0)"})
    @DisplayName("TP-144: IRET takes a null SS for 64-bit code inside CPL 3, with the RPL of CS")
    void a_null_stack_is_for_inner_levels_of_64_bit_code(int ss, int rpl, String expected) {
        int cs = rpl == 0 ? KERNEL_CODE : USER_CODE | 3;
        SystemMachine machine = new SystemMachine().code("48cf").frame(64, USER, cs, 2, USER_STACK, ss);

        assertThat(machine.event()).isEqualTo(expected);
    }

    @ParameterizedTest(name = "CPL {0}")
    @CsvSource({"0, 0x08", "1, 0x51"})
    @DisplayName("TP-144: a null SS is unusable, and has the level returned to")
    void a_null_stack_is_unusable_at_the_level_returned_to(int cpl, String cs) {
        SystemMachine machine =
                new SystemMachine().code("48cf").frame(64, USER, Integer.decode(cs), 2, USER_STACK, cpl);
        machine.succeed();

        assertThat(machine.state.selector(Segment.SS)).isEqualTo(cpl);
        assertThat(machine.state.segments.usable(Segment.SS)).isFalse();
        assertThat(machine.state.segments.dpl(Segment.SS)).isEqualTo(cpl);
    }

    @ParameterizedTest(name = "EIP {0} in {1}")
    @CsvSource({"0xffff, 0x83, ok", "0x10000, 0x83, #GP(0x0)", "0xabcd00010000, 0x2b, ok"})
    @DisplayName("TP-148: a target in compatibility mode is 32 bits and within the limit of CS")
    void a_compatibility_target_is_32_bits_within_the_limit(String rip, String cs, String expected) {
        SystemMachine machine = new SystemMachine()
                .code("48cf")
                .frame(64, Long.decode(rip), Integer.decode(cs), 2, USER_STACK, USER_DATA | 3);

        assertThat(machine.event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            assertThat(machine.state.rip).isEqualTo(Long.decode(rip) & 0xffff_ffffL);
        }
    }

    @ParameterizedTest(name = "{0} to CS {1}, SS {2}")
    @CsvSource({
        "16-bit stack, 0x2b, 0x73, 0x2abcd",
        "32-bit stack, 0x2b, 0x33, 0x9876abcd",
        "16-bit stack of 64-bit code, 0x3b, 0x73, 0x5432109876abcd"
    })
    @DisplayName("TP-159: IRET loads as much of RSP as the new stack is wide")
    void loads_as_much_of_rsp_as_the_stack_is_wide(String name, String cs, String ss, String expected) {
        SystemMachine machine = new SystemMachine();
        long frame = 0x21000;
        machine.set(Gpr.RSP, frame);
        machine.code("48cf").frame(64, USER, Integer.decode(cs), 2, 0x54_3210_9876_abcdL, Integer.decode(ss));
        machine.succeed();

        assertThat(machine.reg(Gpr.RSP)).isEqualTo(Long.decode(expected));
        assertThat(machine.core.mode.is64()).isEqualTo(cs.equals("0x3b"));
    }

    @Test
    @DisplayName("TP-158: IRET outward empties data segments below the new level")
    void takes_data_segments_away_from_an_outer_level() {
        SystemMachine machine = new SystemMachine();
        var segments = machine.state.segments;
        segments.load(Segment.DS, KERNEL_DATA, 0, -1, 0xc093);
        segments.load(Segment.ES, USER_DATA | 3, 0, -1, 0xc0f3);
        segments.load(Segment.FS, 1, 0x1234_5678_9abcL, 0, segments.rights[Segment.FS]);
        segments.load(Segment.GS, CONFORMING_CODE, 0x55, -1, 0xa09f);
        machine.code("48cf").frame(64, USER, USER_CODE | 3, 2, USER_STACK, USER_DATA | 3);
        machine.succeed();

        assertThat(segments.selector[Segment.DS]).isZero();
        assertThat(segments.usable(Segment.DS)).isFalse();
        assertThat(segments.selector[Segment.ES]).isEqualTo(USER_DATA | 3);
        assertThat(segments.selector[Segment.FS]).isZero();
        assertThat(segments.usable(Segment.FS)).isFalse();
        assertThat(segments.base[Segment.FS]).isEqualTo(0x1234_5678_9abcL);
        assertThat(segments.selector[Segment.GS]).isEqualTo(CONFORMING_CODE);
    }

    @Test
    @DisplayName("TP-158: IRET within a level leaves data segments alone")
    void leaves_data_segments_alone_within_a_level() {
        SystemMachine machine = new SystemMachine();
        machine.state.segments.selector[Segment.FS] = 3; // null with RPL 3, as LDS and MOV may load it
        machine.code("48cf").frame(64, USER, KERNEL_CODE, 2, USER_STACK, KERNEL_DATA);
        machine.succeed();

        assertThat(machine.state.selector(Segment.FS)).isEqualTo(3);
    }

    private static final long ALL = 0xffff_ffffL;

    @ParameterizedTest(name = "{0} at CPL {1}, IOPL {2}")
    @CsvSource({
        "48cf, 0, 0, 0x3d7fd7", // everything but VM and the fixed bits
        "cf,   0, 0, 0x3d7fd7",
        "66cf, 0, 0, 0x007fd7",
        "48cf, 3, 0, 0x254dd7", // IF, IOPL, VIF, VIP unchanged
        "48cf, 3, 3, 0x257fd7",
        "66cf, 3, 3, 0x007fd7"
    })
    @DisplayName("TP-152, TP-153: IRET loads the flags its privilege allows")
    void loads_the_flags_its_privilege_allows(String code, int cpl, int iopl, String expected) {
        SystemMachine machine = new SystemMachine();
        if (cpl == 3) {
            machine.user();
        }
        int cs = cpl == 3 ? USER_CODE | 3 : KERNEL_CODE;
        int ss = cpl == 3 ? USER_DATA | 3 : KERNEL_DATA;
        machine.code(0x100, "90").code(code).flags((long) iopl << 12);
        int bits = code.equals("48cf") ? 64 : code.equals("cf") ? 32 : 16;
        machine.frame(bits, 0x100, cs, ALL, 0x8000, ss);
        machine.succeed();

        assertThat(machine.state.rflags).isEqualTo(Long.decode(expected));
    }

    @Test
    @DisplayName("TP-152: a 16-bit image leaves the upper flags alone")
    void a_16_bit_image_leaves_the_upper_flags_alone() {
        long upper = Rflags.AC | Rflags.ID | Rflags.VIF | Rflags.VIP;
        SystemMachine machine = new SystemMachine();
        machine.code(0x100, "90").code("66cf").flags(upper);
        machine.frame(16, 0x100, KERNEL_CODE, Rflags.CF, 0x8000, KERNEL_DATA);
        machine.succeed();

        assertThat(machine.state.rflags).isEqualTo(upper | Rflags.CF | Rflags.FIXED);
    }

    @Test
    @DisplayName("TP-142: CS with an RPL below CPL is #GP(selector)")
    void checks_privilege_from_cpl_3() {
        SystemMachine machine =
                new SystemMachine().user().code("48cf").frame(64, USER, KERNEL_CODE, 2, USER_STACK, KERNEL_DATA);

        assertThat(machine.event()).isEqualTo("#GP(0x8)");
    }

    @Test
    @DisplayName("TP-151: IRET sets the accessed bit of CS and SS")
    void marks_the_segments_it_loads_as_accessed() {
        SystemMachine machine =
                new SystemMachine().code("48cf").frame(64, USER, USER_CODE | 3, 2, USER_STACK, USER_DATA | 3);
        machine.succeed();

        assertThat(machine.descriptorAt(USER_CODE) >>> 40 & 1).isEqualTo(1);
        assertThat(machine.descriptorAt(USER_DATA) >>> 40 & 1).isEqualTo(1);
    }

    @ParameterizedTest(name = "TF before {0}, in the image {1}")
    @CsvSource({"false, true, 0x18001", "true, false, 0x18000", "true, true, 0x18000"})
    @DisplayName("TP-155, TP-156: the single step of IRET counts TF as it was before")
    void single_step_counts_the_flag_before_it(boolean before, boolean after, String trapAt) {
        SystemMachine machine = new SystemMachine()
                .code(USER, "9090")
                .code("48cf")
                .flags(before ? Rflags.TF : 0)
                .frame(64, USER, KERNEL_CODE, after ? Rflags.TF : 0, STACK, KERNEL_DATA);
        while (machine.log().deliveries().isEmpty()) {
            machine.step();
        }

        assertThat(machine.last().vector()).isEqualTo(Vector.DB);
        assertThat(machine.last().fromRip()).isEqualTo(Long.decode(trapAt));
        assertThat(machine.last().fromRflags() & Rflags.TF).isEqualTo(after ? Rflags.TF : 0);
    }
}
