package io.github.nmi64.op;

import static io.github.nmi64.op.SystemMachine.CODE;
import static io.github.nmi64.op.SystemMachine.NON_CANONICAL;
import static io.github.nmi64.op.SystemMachine.STACK;
import static io.github.nmi64.op.SystemMachine.USER;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SYSCALL and its relatives: docs/rules.md, L. */
class SystemCallsTest {
    /** Kernel selectors far beyond the GDT: they are not looked up. */
    private static final long STAR = 0x0f23_0f03L << 32;

    private static SystemMachine machine(Rules rules) {
        SystemMachine machine = new SystemMachine(rules);
        machine.state.star = STAR;
        machine.state.lstar = USER;
        machine.code(USER, "9090");
        return machine;
    }

    @Test
    @DisplayName(
            "TP-183, TP-184: SYSCALL loads flat kernel segments and RIP from MSRs, saves RIP and RFLAGS in registers, and leaves RSP")
    void syscall_enters_flat_kernel_segments_without_touching_memory() {
        SystemMachine machine = machine(Rules.INTEL).user().code("0f05").flags(Rflags.IF | Rflags.CF | Rflags.AC);
        machine.state.fmask = Rflags.IF | 2;
        machine.set(Gpr.RSP, NON_CANONICAL);
        machine.succeed();

        var state = machine.state;
        assertThat(state.rip).isEqualTo(USER);
        assertThat(state.gpr[Gpr.RCX]).isEqualTo(CODE + 2);
        assertThat(state.gpr[Gpr.R11]).isEqualTo(Rflags.IF | Rflags.CF | Rflags.AC | 2);
        assertThat(state.rflags).isEqualTo(Rflags.CF | Rflags.AC | 2);
        assertThat(state.cpl).isZero();
        assertThat(state.selector(Segment.CS)).isEqualTo(0xf00);
        assertThat(state.selector(Segment.SS)).isEqualTo(0xf0b); // RPL as STAR says
        assertThat(state.segments.rights[Segment.CS]).isEqualTo(0xa09b);
        assertThat(state.segments.rights[Segment.SS]).isEqualTo(0xc093);
        assertThat(state.gpr[Gpr.RSP]).isEqualTo(NON_CANONICAL);
    }

    /** Neither manual clears the RPL of SS, so an IRET that returns from an event there finds it beside a CS of RPL 0. */
    @ParameterizedTest(name = "STAR[33:32] {0}: CS {1}, SS {2}, IRETQ {3}")
    @CsvSource({"0, 0x8, 0x10, ok", "1, 0x8, 0x11, #GP(0x10)", "3, 0x8, 0x13, #GP(0x10)"})
    @DisplayName("TP-183: SYSCALL leaves the RPL of SS as STAR has it")
    void syscall_leaves_the_rpl_of_ss_as_star_says(long rpl, String cs, String ss, String iretq) {
        for (Rules rules : new Rules[] {Rules.INTEL, Rules.AMD}) {
            SystemMachine machine =
                    machine(rules).user().code("0f05").code(USER, "48cf").code("0f05");
            machine.state.star = (SystemMachine.KERNEL_CODE | rpl) << 32;
            machine.succeed();
            assertThat(machine.state.selector(Segment.CS)).isEqualTo(Integer.decode(cs));
            assertThat(machine.state.selector(Segment.SS)).isEqualTo(Integer.decode(ss));

            machine.frame(64, USER, Integer.decode(cs), 2, STACK, Integer.decode(ss));
            assertThat(machine.event()).isEqualTo(iretq);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0f05", "480f07", "0f07"})
    @DisplayName("TP-182, TP-185: SYSCALL and SYSRET are #UD without EFER.SCE")
    void does_not_exist_unless_enabled(String code) {
        SystemMachine machine = machine(Rules.INTEL).code(code);
        machine.state.efer &= ~Control.EFER_SCE;

        assertThat(machine.event()).isEqualTo("#UD");
    }

    @Test
    @DisplayName("TP-182: SYSCALL from compatibility mode is #UD with Intel and goes to CSTAR with AMD")
    void syscall_from_compatibility_mode_is_amds_alone() {
        assertThat(machine(Rules.INTEL).user32().code("0f05").event()).isEqualTo("#UD");

        SystemMachine amd = machine(Rules.AMD).user32().code("0f05");
        amd.state.cstar = USER;
        amd.succeed();
        assertThat(amd.state.rip).isEqualTo(USER);
        assertThat(amd.core.mode.is64()).isTrue();
    }

    @ParameterizedTest(name = "FMASK.TF {0}: #DB at {1}")
    @CsvSource({"true, 0", "false, 0x18000"})
    @DisplayName("TP-168: after SYSCALL the single step counts TF as FMASK leaves it")
    void syscall_traps_by_the_flag_it_leaves(boolean masked, String trapAt) {
        SystemMachine machine = machine(Rules.INTEL).user().code("0f05").flags(Rflags.TF);
        machine.state.fmask = masked ? Rflags.TF : 0;
        machine.step().step();

        if (masked) {
            assertThat(machine.log().deliveries()).isEmpty();
            assertThat(machine.reg(Gpr.R11) & Rflags.TF).isNotZero();
        } else {
            assertThat(machine.last().vector()).isEqualTo(Vector.DB);
            assertThat(machine.last().fromRip()).isEqualTo(Long.decode(trapAt));
            assertThat(machine.last().fromCs()).isEqualTo(0xf00);
        }
    }

    @Test
    @DisplayName("TP-168: a SYSRET that loads TF traps before the first user instruction")
    void sysret_traps_before_the_first_user_instruction() {
        SystemMachine machine = machine(Rules.INTEL).code("480f07");
        machine.set(Gpr.RCX, USER);
        machine.set(Gpr.R11, Rflags.TF);
        machine.step().step();

        assertThat(machine.last().vector()).isEqualTo(Vector.DB);
        assertThat(machine.last().fromRip()).isEqualTo(USER);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"480f07, 0xf33, 0xa0fb", "0f07, 0xf23, 0xc0fb"})
    @DisplayName("TP-016, TP-186: SYSRET returns to flat user segments and leaves NMIs blocked")
    void sysret_returns_to_user_segments(String code, String cs, String rights) {
        SystemMachine machine = machine(Rules.INTEL).code(code).nmiWaiting();
        machine.set(Gpr.RCX, USER);
        machine.set(Gpr.R11, -1);
        machine.succeed();

        var state = machine.state;
        assertThat(state.rip).isEqualTo(USER);
        assertThat(state.cpl).isEqualTo(3);
        assertThat(state.selector(Segment.CS)).isEqualTo(Integer.decode(cs));
        assertThat(state.segments.rights[Segment.CS]).isEqualTo(Integer.decode(rights));
        assertThat(state.selector(Segment.SS)).isEqualTo(0xf2b);
        assertThat(state.rflags).isEqualTo(0x3c7fd7);
        assertThat(state.gpr[Gpr.RSP]).isEqualTo(STACK);
        assertThat(state.interrupts.nmiBlocked).isTrue();
    }

    @Test
    @DisplayName("TP-187: SYSRET to a non-canonical RCX faults in the kernel with Intel, in user mode with AMD")
    void sysret_to_a_non_canonical_address_faults_where_the_vendor_says() {
        SystemMachine intel = machine(Rules.INTEL).code("480f07");
        intel.set(Gpr.RCX, NON_CANONICAL);
        assertThat(intel.event()).isEqualTo("#GP(0x0)");
        assertThat(intel.last().fromRip()).isEqualTo(CODE);
        assertThat(intel.last().fromCs()).isEqualTo(SystemMachine.KERNEL_CODE);

        SystemMachine amd = machine(Rules.AMD).code("480f07");
        amd.set(Gpr.RCX, NON_CANONICAL);
        amd.succeed();
        assertThat(amd.event()).isEqualTo("#GP(0x0)");
        assertThat(amd.last().fromRip()).isEqualTo(NON_CANONICAL);
        assertThat(amd.last().fromCs()).isEqualTo(0xf33);
    }

    @Test
    @DisplayName("TP-185: SYSRET is #GP(0) above CPL 0")
    void sysret_needs_cpl_0() {
        assertThat(machine(Rules.INTEL).user().code("480f07").event()).isEqualTo("#GP(0x0)");
    }

    @Test
    @DisplayName("TP-188: AMD's SYSRET keeps the hidden part of SS, and the RPL that STAR has")
    void amds_sysret_keeps_the_hidden_part_of_ss_and_the_rpl_star_says() {
        SystemMachine machine = machine(Rules.AMD).code("0f07");
        machine.state.segments.load(Segment.SS, 0, 0, 0, 0x10000);
        machine.set(Gpr.RCX, USER);
        machine.succeed();

        assertThat(machine.state.selector(Segment.CS)).isEqualTo(0xf23);
        assertThat(machine.state.selector(Segment.SS)).isEqualTo(0xf2b);
        assertThat(machine.state.segments.usable(Segment.SS)).isFalse();
    }

    @ParameterizedTest(name = "{0}: {1}, CS {2}, SS {3}")
    @CsvSource({
        "INTEL, 480f07, 0x33, 0x2b",
        "INTEL, 0f07, 0x23, 0x2b",
        "AMD, 480f07, 0x33, 0x28",
        "AMD, 0f07, 0x23, 0x28"
    })
    @DisplayName("TP-186, TP-188: SYSRET gives CS RPL 3; SS has RPL 3 with Intel alone")
    void sysret_gives_cs_rpl_3_and_ss_by_vendor(Vendor vendor, String code, String cs, String ss) {
        SystemMachine machine =
                machine(vendor == Vendor.AMD ? Rules.AMD : Rules.INTEL).code(code);
        machine.state.star = 0x20L << 48;
        machine.set(Gpr.RCX, USER);
        machine.succeed();

        assertThat(machine.state.selector(Segment.CS)).isEqualTo(Integer.decode(cs));
        assertThat(machine.state.selector(Segment.SS)).isEqualTo(Integer.decode(ss));
    }

    @Test
    @DisplayName(
            "TP-169, TP-190: SYSENTER goes by its MSRs, SYSEXIT by RCX and RDX; a single step of SYSENTER traps at its target")
    void sysenter_and_sysexit_use_their_own_registers() {
        SystemMachine machine = machine(Rules.INTEL).user().code("0f34").flags(Rflags.IF | Rflags.TF);
        machine.state.sysenterCs = 0x103;
        machine.state.sysenterEip = USER;
        machine.state.sysenterEsp = 0x1234;
        machine.succeed();
        assertThat(machine.state.selector(Segment.CS)).isEqualTo(0x100);
        assertThat(machine.state.selector(Segment.SS)).isEqualTo(0x108);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(0x1234);
        assertThat(machine.state.flag(Rflags.IF)).isFalse();
        machine.set(Gpr.RSP, STACK);
        machine.step();
        assertThat(machine.last().vector()).isEqualTo(Vector.DB);
        assertThat(machine.last().fromRip()).isEqualTo(USER);

        machine.code("480f35");
        machine.set(Gpr.RDX, USER);
        machine.set(Gpr.RCX, 0x4321);
        machine.succeed();
        assertThat(machine.state.rip).isEqualTo(USER);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(0x4321);
        assertThat(machine.state.selector(Segment.CS)).isEqualTo(0x123);
        assertThat(machine.state.selector(Segment.SS)).isEqualTo(0x12b);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0f34", "0f35", "480f35"})
    @DisplayName("TP-190: SYSENTER and SYSEXIT are #GP(0) for a null selector, and #UD in long mode with AMD")
    void sysenter_needs_a_selector_and_intel(String code) {
        assertThat(machine(Rules.INTEL).code(code).event()).isEqualTo("#GP(0x0)");
        assertThat(machine(Rules.AMD).code(code).event()).isEqualTo("#UD");
    }

    /** Measured on AMD's: at CPL 3 SYSEXIT is forbidden before it is undefined. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"0f34, #UD", "0f35, #GP(0x0)", "480f35, #GP(0x0)"})
    @DisplayName("TP-190: at CPL 3 AMD's SYSEXIT is #GP(0) before it is #UD")
    void at_cpl_3_amds_sysexit_faults_by_privilege(String code, String expected) {
        assertThat(machine(Rules.AMD).user().code(code).event()).isEqualTo(expected);
    }

    @ParameterizedTest(name = "RCX {0}, RDX {1}")
    @CsvSource({"true, false", "false, true"})
    @DisplayName("TP-190: SYSEXIT to a non-canonical RIP or RSP is #GP(0)")
    void sysexit_checks_both_addresses(boolean badRcx, boolean badRdx) {
        SystemMachine machine = machine(Rules.INTEL).code("480f35");
        machine.state.sysenterCs = 0x100;
        machine.set(Gpr.RCX, badRcx ? NON_CANONICAL : 0);
        machine.set(Gpr.RDX, badRdx ? NON_CANONICAL : 0);

        assertThat(machine.event()).isEqualTo("#GP(0x0)");
    }

    @Test
    @DisplayName("TP-191: SWAPGS exchanges both bases, at CPL 0 of 64-bit mode only")
    void swapgs_exchanges_the_bases_at_cpl_0_of_64_bit_mode() {
        SystemMachine machine = machine(Rules.INTEL).code("0f01f8");
        machine.state.segments.base[Segment.GS] = 1;
        machine.state.kernelGsBase = 2;
        machine.succeed();
        assertThat(machine.state.segments.base[Segment.GS]).isEqualTo(2);
        assertThat(machine.state.kernelGsBase).isEqualTo(1);

        assertThat(machine(Rules.INTEL).user().code("0f01f8").event()).isEqualTo("#GP(0x0)");
        assertThat(machine(Rules.INTEL).kernel32().code("0f01f8").event()).isEqualTo("#UD");
    }

    @Test
    @DisplayName("TP-192: WRFSBASE and WRGSBASE work at any CPL with CR4.FSGSBASE, and are #UD without")
    void fs_and_gs_bases_can_be_written_at_any_cpl_if_enabled() {
        assertThat(machine(Rules.INTEL).code("f3480faed8").event()).isEqualTo("#UD");

        SystemMachine machine = machine(Rules.INTEL).user().code("f3480faed8 f3480faecb f30faed8");
        machine.state.cr4 |= Control.CR4_FSGSBASE;
        machine.set(Gpr.RAX, -5);
        machine.succeed().succeed();
        assertThat(machine.state.segments.base[Segment.GS]).isEqualTo(-5);
        assertThat(machine.reg(Gpr.RBX)).isEqualTo(-5);
        machine.succeed();
        assertThat(machine.state.segments.base[Segment.GS]).isEqualTo(0xffff_fffbL);

        machine.code("f3480faed0");
        machine.set(Gpr.RAX, NON_CANONICAL);
        assertThat(machine.event()).isEqualTo("#GP(0x0)");
    }
}
