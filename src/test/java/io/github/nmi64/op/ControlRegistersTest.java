package io.github.nmi64.op;

import static io.github.nmi64.op.SystemMachine.CODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Control, debug and model-specific registers, CPUID and HLT: docs/rules.md, K, M and N. */
class ControlRegistersTest {
    private static String written(String code, String value) {
        SystemMachine machine = new SystemMachine().code(code);
        machine.set(Gpr.RAX, Long.parseUnsignedLong(value, 16));
        return machine.event();
    }

    @ParameterizedTest(name = "{1} to {0}")
    @CsvSource({
        "0f22c0, 0000000080010031, ok",
        "0f22c0, 0000000180010031, #GP(0x0)", // upper half
        "0f22c0, 0000000080010030, #GP(0x0)", // PG without PE
        "0f22c0, 00000000a0010031, #GP(0x0)", // NW without CD
        "0f22c0, 00000000e0010031, ok",
        "0f22c0, 0000000000010031, #GP(0x0)", // 64-bit mode cannot stop paging
        "0f22d0, 8000000000000001, ok", // CR2 takes anything
        "0f22d8, 0000000000001000, ok",
        "0f22d8, 0000010000001000, #GP(0x0)",
        "0f22d8, 8000000000001000, #GP(0x0)",
        "0f22e0, 00000000003108ac, ok",
        "0f22e0, 0000000000000000, #GP(0x0)", // PAE stays
        "0f22e0, 0000000000001020, #GP(0x0)", // LA57
        "0f22e0, 0000000000020020, ok", // PCIDE
        "0f22e0, 0000000000000220, #GP(0x0)", // OSFXSR: there is no FXSR
        "440f22c0, 000000000000000f, ok",
        "440f22c0, 0000000000000010, #GP(0x0)"
    })
    @DisplayName(
            "TP-201, TP-202, TP-203, TP-204: reserved bits, impossible pairs and unknown features are #GP(0); CR2 takes anything")
    void checks_what_is_written_to_a_control_register(String code, String value, String expected) {
        assertThat(written(code, value)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "CR4.PCIDE {0}: {2} to CR3 while it is {1}: {3}, then {4}")
    @CsvSource({
        "0x20, 0x1000, 0x8000000000001000, #GP(0x0), 0x1000",
        "0x20, 0x1000, 0x1fff, ok, 0x1fff",
        "0x20020, 0x1000, 0x8000000000001fff, ok, 0x1fff", // bit 63 asks for something and is not kept
        "0x20020, 0x1000, 0xc000000000001000, #GP(0x0), 0x1000"
    })
    @DisplayName("TP-202: CR3 takes a PCID, and bit 63 only with PCIDE")
    void process_context_identifiers_in_cr3(String cr4, String before, String value, String expected, String after) {
        SystemMachine machine = new SystemMachine().code("0f22d8");
        machine.state.cr4 = Long.decode(cr4);
        machine.state.cr3 = Long.decode(before);
        machine.set(Gpr.RAX, Long.parseUnsignedLong(value.substring(2), 16));

        assertThat(machine.event()).isEqualTo(expected);
        assertThat(machine.state.cr3).isEqualTo(Long.decode(after));
    }

    @ParameterizedTest(name = "CR3 {0}, CR4 {1}: {2}")
    @CsvSource({"0x1000, 0x20, ok", "0x1001, 0x20, #GP(0x0)", "0x1800, 0x20, #GP(0x0)", "0x1800, 0x20020, ok"})
    @DisplayName("TP-203: CR4.PCIDE can be set only while the PCID in CR3 is 0")
    void identifiers_begin_with_zero(String cr3, String cr4, String expected) {
        SystemMachine machine = new SystemMachine().code("0f22e0");
        machine.state.cr3 = Long.decode(cr3);
        machine.state.cr4 = Long.decode(cr4);
        machine.set(Gpr.RAX, Control.CR4_PAE | Control.CR4_PCIDE);

        assertThat(machine.event()).isEqualTo(expected);
    }

    /** SDM vol. 2, "INVPCID", protected mode exceptions. */
    @ParameterizedTest(name = "type {0}, descriptor {2}:{1}, PCIDE {3}: {4}")
    @CsvSource({
        "0, 0, 0x1000, false, ok",
        "0, 1, 0x1000, false, #GP(0x0)",
        "0, 1, 0x1000, true, ok",
        "0, 0, 0x800000000000, true, #GP(0x0)",
        "1, 1, 0x800000000000, true, ok", // the address is not looked at
        "1, 1, 0, false, #GP(0x0)",
        "1, 0x1000, 0, true, #GP(0x0)",
        "2, 0xfff, 0x800000000000, false, ok",
        "3, 0xfff, 0, false, ok",
        "3, 0x1000, 0, false, #GP(0x0)",
        "4, 0, 0, true, #GP(0x0)",
        "-1, 0, 0, true, #GP(0x0)"
    })
    void invpcid_checks_its_descriptor(long type, String pcid, String linear, boolean pcide, String expected) {
        for (String code : new String[] {"660f388203", "660f38820d"}) {
            SystemMachine machine = code.endsWith("03") ? new SystemMachine() : new SystemMachine().kernel32();
            machine.code(code.endsWith("03") ? code : code + "00000500"); // MOD 0, base RBX; or its address
            machine.store(SystemMachine.DATA, Long.decode(pcid));
            machine.store(SystemMachine.DATA + 8, Long.decode(linear));
            machine.state.segments.load(Segment.DS, SystemMachine.KERNEL_DATA, 0, 0xffff_ffffL, 0xc093);
            machine.state.cr4 |= pcide ? Control.CR4_PCIDE : 0;
            machine.set(Gpr.RAX, type);
            machine.set(Gpr.RCX, type);
            machine.set(Gpr.RBX, SystemMachine.DATA);

            assertThat(machine.event()).as(code).isEqualTo(expected);
        }
    }

    @Test
    void invpcid_reads_its_descriptor_before_it_judges_and_needs_cpl_0() {
        SystemMachine machine = new SystemMachine().unmap(SystemMachine.DATA).code("660f388203");
        machine.set(Gpr.RAX, 4);
        machine.set(Gpr.RBX, SystemMachine.DATA);
        assertThat(machine.event()).isEqualTo("#PF(0x0)");

        assertThat(new SystemMachine().user().code("660f388203").event()).isEqualTo("#GP(0x0)");
    }

    @ParameterizedTest(name = "{1} with {0}: {2}")
    @CsvSource({
        "AMD, f00f22c0, ok",
        "AMD, f00f22d0, #UD", // CR2
        "AMD, f0440f22c0, #UD", // CR8 itself
        "AMD, f00f23c0, #UD",
        "INTEL, f00f22c0, #UD"
    })
    @DisplayName("TP-200: LOCK before a move of CR0 names CR8 with AMD and is #UD with Intel")
    void lock_before_cr0_names_cr8_with_amd(Vendor vendor, String code, String expected) {
        SystemMachine machine = new SystemMachine(vendor == Vendor.AMD ? Rules.AMD : Rules.INTEL).code(code);
        machine.set(Gpr.RAX, 5);

        assertThat(machine.event()).isEqualTo(expected);
        assertThat(machine.state.cr8).isEqualTo(expected.equals("ok") ? 5 : 0);
        if (expected.equals("ok")) {
            machine.code("f00f20c3").succeed();
            assertThat(machine.reg(Gpr.RBX)).isEqualTo(5);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0f20c8", "0f20e8", "0f20f0", "0f20f8", "440f20c8", "440f20f8", "0f22c8"})
    @DisplayName("TP-199: CR1, CR5 to CR7 and CR9 to CR15 are #UD at any CPL")
    void other_control_registers_do_not_exist_at_any_cpl(String code) {
        assertThat(new SystemMachine().code(code).event()).isEqualTo("#UD");
        assertThat(new SystemMachine().user().code(code).event()).isEqualTo("#UD");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "0f20c0", "0f22c0", "0f20d8", "0f21f8", "0f23f8", "0f06", "0f01f0", "0f0100", "0f0138", "0f08", "0f09",
                "0f30", "0f32", "0f33", "f4", "0f0110", "0f0118", "0f00d0", "0f00d8"
            })
    @DisplayName("TP-046, TP-194, TP-199, TP-205, TP-206, TP-219: privileged instructions are #GP(0) at CPL 3")
    void user_mode_may_not(String code) {
        SystemMachine machine = new SystemMachine().user().code(code);
        machine.state.cr4 |= Control.CR4_UMIP;
        machine.set(Gpr.RAX, SystemMachine.DATA);

        assertThat(machine.event()).isEqualTo("#GP(0x0)");
        assertThat(machine.last().fromRip()).isEqualTo(CODE);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"0f0100", "0f0108", "0f00c0", "0f00c8", "0f01e0"})
    @DisplayName("TP-205: SGDT, SIDT, SLDT, STR and SMSW work at CPL 3 without UMIP")
    void system_state_is_visible_in_user_mode_without_umip(String code) {
        SystemMachine machine = new SystemMachine().user().code(code);
        machine.set(Gpr.RAX, SystemMachine.DATA);

        assertThat(machine.event()).isEqualTo("ok");
    }

    @Test
    @DisplayName("TP-205: LMSW sets PE but does not clear it")
    void lmsw_sets_but_does_not_clear_protection() {
        SystemMachine machine = new SystemMachine().code("0f01f0 0f06 0f01e3");
        machine.set(Gpr.RAX, 0xe);
        machine.succeed();
        assertThat(machine.state.cr0 & 0xf).isEqualTo(0xf);
        machine.succeed().succeed();
        assertThat(machine.reg(Gpr.RBX) & 0xffff_ffffL).isEqualTo(machine.state.cr0);
        assertThat(machine.state.cr0 & Control.CR0_TS).isZero();
    }

    @ParameterizedTest(name = "{0} at CPL {1}, DE {2}")
    @CsvSource({
        "0f21e0, 0, false, ok",
        "0f21e0, 0, true, #UD",
        "0f21e0, 3, false, #GP(0x0)",
        "0f21e0, 3, true, #UD",
        "440f21c0, 0, false, #UD"
    })
    @DisplayName("TP-179: DR4 and DR5 name DR6 and DR7, and with CR4.DE nothing")
    void dr4_and_dr5_are_aliases_unless_extensions_are_on(String code, int cpl, boolean de, String expected) {
        SystemMachine machine = cpl == 3 ? new SystemMachine().user() : new SystemMachine();
        machine.state.cr4 |= de ? Control.CR4_DE : 0;

        assertThat(machine.code(code).event()).isEqualTo(expected);
    }

    @Test
    @DisplayName("TP-177: DR6 and DR7 keep their fixed bits, and an upper half is #GP(0)")
    void debug_registers_keep_their_fixed_bits() {
        SystemMachine machine = new SystemMachine().code("0f23f0 0f23f8");
        machine.set(Gpr.RAX, 0xffff_dfffL);
        machine.succeed().succeed();
        assertThat(machine.state.dr6).isEqualTo(0xffff_cfffL);
        assertThat(machine.state.dr7).isEqualTo(0xffff_07ffL);

        assertThat(written("0f23f0", "100000000")).isEqualTo("#GP(0x0)");
        assertThat(written("0f23f8", "100000000")).isEqualTo("#GP(0x0)");
        assertThat(written("0f23c0", "8000000000000000")).isEqualTo("ok");
    }

    @Test
    @DisplayName("TP-178: DR7.GD makes an access to a debug register #DB with BD, and clears itself")
    void general_detection_faults_and_ends() {
        SystemMachine machine = new SystemMachine().code("0f21c0");
        machine.state.dr7 |= Control.DR7_GD;
        machine.core.modeChanged();

        assertThat(machine.event()).isEqualTo("#DB");
        assertThat(machine.last().fromRip()).isEqualTo(CODE);
        assertThat(machine.state.dr6 & Control.DR6_BD).isNotZero();
        assertThat(machine.state.dr7 & Control.DR7_GD).isZero();
    }

    /** Neither manual says which fault comes first at CPL 3; measured on processors of both (KVM developers, 2026). */
    @ParameterizedTest(name = "{0}, CPL {1}, value {2}: {3}")
    @CsvSource({"INTEL, 3, 0, #DB", "AMD, 3, 0, #GP(0x0)", "INTEL, 0, 0x100000000, #DB", "AMD, 0, 0x100000000, #DB"})
    @DisplayName("TP-178: with AMD #GP(0) for privilege comes before general detection, with Intel after it")
    void general_detection_against_privilege_and_value(Vendor vendor, int cpl, String value, String expected) {
        SystemMachine machine = new SystemMachine(vendor == Vendor.AMD ? Rules.AMD : Rules.INTEL);
        if (cpl == 3) {
            machine.user();
        }
        machine.code("0f23f8");
        machine.set(Gpr.RAX, Long.decode(value));
        machine.state.dr7 |= Control.DR7_GD;
        machine.core.modeChanged();

        assertThat(machine.event()).isEqualTo(expected);
        assertThat((machine.state.dr6 & Control.DR6_BD) != 0).isEqualTo(expected.equals("#DB"));
        assertThat((machine.state.dr7 & Control.DR7_GD) != 0).isEqualTo(!expected.equals("#DB"));
    }

    @ParameterizedTest(name = "{0} := {1}")
    @CsvSource({
        "c0000080, 0000000000000d01, ok",
        "c0000080, 0000000000000801, #GP(0x0)", // LME while paging
        "c0000080, 0000000000000d03, #GP(0x0)",
        "c0000081, ffffffffffffffff, ok",
        "c0000082, 0000800000000000, #GP(0x0)",
        "c0000082, ffff800000000000, ok",
        "c0000083, 0000800000000000, #GP(0x0)",
        "c0000084, 0000000047700, ok",
        "c0000100, 0000800000000000, #GP(0x0)",
        "c0000101, 0000800000000000, #GP(0x0)",
        "c0000102, 0000800000000000, #GP(0x0)",
        "c0000103, 0000000000000007, ok",
        "00000175, 0000800000000000, #GP(0x0)",
        "00000176, 0000800000000000, #GP(0x0)",
        "00000174, 0000000000000010, ok",
        "00000010, 0000000000001234, ok",
        "00000277, 0007040600070406, ok",
        "00000277, 0007040600070402, #GP(0x0)",
        "12345678, 0000000000000000, #GP(0x0)"
    })
    @DisplayName(
            "TP-194, TP-195, TP-196, TP-197: WRMSR refuses unknown registers, reserved bits, non-canonical addresses and LME under paging")
    void checks_what_is_written_to_a_model_specific_register(String number, String value, String expected) {
        SystemMachine machine = new SystemMachine().code("0f30 0f32");
        long wanted = Long.parseUnsignedLong(value, 16);
        machine.set(Gpr.RCX, Long.parseLong(number, 16));
        machine.set(Gpr.RAX, 0xdead_beef_0000_0000L | wanted & 0xffff_ffffL);
        machine.set(Gpr.RDX, 0xdead_beef_0000_0000L | wanted >>> 32);

        assertThat(machine.event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            machine.succeed();
            long read = machine.reg(Gpr.RDX) << 32 | machine.reg(Gpr.RAX);
            assertThat(read - wanted).isBetween(0L, number.equals("00000010") ? 10L : 0L);
            assertThat(machine.reg(Gpr.RAX) >>> 32).isZero();
        }
    }

    @Test
    @DisplayName("TP-198: with CR4.TSD RDTSC is #GP(0) above CPL 0")
    void the_time_can_be_kept_from_user_mode() {
        SystemMachine machine = new SystemMachine().user().code("0f31 0f01f9");
        machine.state.tscAux = 9;
        machine.succeed().succeed();
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(9);

        machine.code("0f31");
        machine.state.cr4 |= Control.CR4_TSD;
        assertThat(machine.event()).isEqualTo("#GP(0x0)");
    }

    @Test
    @DisplayName("TP-198: by rule the time-stamp counter stands still at what was written last")
    void a_stopped_counter_keeps_its_value() {
        // RDTSC, RDTSCP, WRMSR, RDTSC, RDMSR
        SystemMachine machine =
                new SystemMachine(Rules.INTEL.with("tsc", "stopped")).code("0f31 0f01f9 0f30 0f31 0f32");

        machine.succeed();
        assertThat(machine.reg(Gpr.RAX)).isZero();
        machine.succeed();
        assertThat(machine.reg(Gpr.RAX)).isZero();
        machine.set(Gpr.RAX, 7);
        machine.set(Gpr.RCX, 0x10);
        machine.succeed();
        machine.succeed();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(7);
        machine.set(Gpr.RAX, 0);
        machine.succeed();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(7);
    }

    @Test
    void cpuid_claims_what_cr4_can_enable() {
        SystemMachine machine = new SystemMachine().code("0fa2 0fa2 0fa2");
        machine.succeed();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(7);
        assertThat(machine.reg(Gpr.RBX)).isEqualTo(0x756e_6547L); // "Genu"
        machine.set(Gpr.RAX, 0x8000_0008L);
        machine.succeed();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x3028);
        machine.set(Gpr.RAX, 7);
        machine.set(Gpr.RCX, 0);
        machine.succeed();
        boolean smap = (machine.reg(Gpr.RBX) >>> 20 & 1) != 0;
        assertThat(smap).isEqualTo((Feature.CR4_WRITABLE & Control.CR4_SMAP) != 0);
        assertThat(machine.reg(Gpr.RBX) >>> 5 & 1).as("AVX2").isZero();
    }

    @Test
    @DisplayName("TP-042: HLT has retired when it waits, so the NMI that ends it saves the RIP after it")
    void hlt_waits_after_itself_and_an_nmi_ends_it() {
        SystemMachine machine = new SystemMachine().code("f490");
        machine.succeed();
        assertThat(machine.state.activity).isEqualTo(Activity.HALTED);
        machine.cpu.inputs().pulseNmi();
        machine.step();
        assertThat(machine.last().vector()).isEqualTo(Vector.NMI);
        assertThat(machine.last().fromRip()).isEqualTo(CODE + 1);
    }

    @Test
    @DisplayName("TP-216: STAC and CLAC set and clear AC, and are #UD above CPL 0")
    void stac_and_clac_exist_at_cpl_0_only() {
        SystemMachine machine = new SystemMachine().code("0f01cb 0f01ca");
        assertThat(machine.succeed().state.flag(Rflags.AC)).isTrue();
        assertThat(machine.succeed().state.flag(Rflags.AC)).isFalse();
        assertThat(new SystemMachine().user().code("0f01cb").event()).isEqualTo("#UD");
        assertThat(new SystemMachine().user().code("0f01ca").event()).isEqualTo("#UD");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"0faa", "0f01c8", "0f01c9", "0f01d0", "0f01d1", "660f3882c0", "0f3882c0"})
    @DisplayName("TP-054: RSM, MONITOR, MWAIT, XGETBV, XSETBV and INVPCID of a register are #UD")
    void what_is_not_offered_is_undefined(String code) {
        assertThat(new SystemMachine().code(code).event()).isEqualTo("#UD");
    }
}
