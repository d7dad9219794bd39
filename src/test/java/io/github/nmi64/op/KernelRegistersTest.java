package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.Control;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The model-specific registers and instructions that the entry code and NMI handlers of kernels use today: present as the
 * manual says, or refused by name; never a fault that no processor of the vendor raises.
 */
class KernelRegistersTest {
    private static SystemMachine machine(Vendor vendor) {
        return new SystemMachine(vendor == Vendor.AMD ? Rules.AMD : Rules.INTEL);
    }

    private static SystemMachine access(Vendor vendor, String code, String number, String value) {
        SystemMachine machine = machine(vendor).code(code);
        machine.set(Gpr.RCX, Long.decode(number));
        machine.set(Gpr.RAX, Long.decode(value) & 0xffff_ffffL);
        machine.set(Gpr.RDX, Long.decode(value) >>> 32);
        return machine;
    }

    /** "ok", the fault, or the facility that is not there. */
    private static String outcome(SystemMachine machine) {
        String outcome = machine.event();
        return machine.cpu.outcome() == Outcome.UNSUPPORTED
                ? String.valueOf(machine.cpu.unsupported().getMessage())
                : outcome;
    }

    @ParameterizedTest(name = "{0}: {1} := {2}: {3}, then {4}")
    @CsvSource({
        "INTEL, 0x48, 7, ok, 0x7", // SPEC_CTRL
        "AMD, 0x48, 5, ok, 0x5",
        "INTEL, 0x48, 8, #GP(0x0), 0x0",
        "INTEL, 0x48, 0x100000000, #GP(0x0), 0x0",
        "INTEL, 0x49, 1, ok, #GP(0x0)", // PRED_CMD is written only
        "AMD, 0x49, 1, ok, #GP(0x0)",
        "AMD, 0x49, 2, #GP(0x0), #GP(0x0)",
        "INTEL, 0x10a, 0, #GP(0x0), 0xd10e179", // ARCH_CAPABILITIES is read only
        "AMD, 0x10a, 0, #GP(0x0), #GP(0x0)",
        "INTEL, 0x10b, 1, ok, #GP(0x0)", // FLUSH_CMD
        "INTEL, 0x10b, 3, #GP(0x0), #GP(0x0)",
        "AMD, 0x10b, 1, #GP(0x0), #GP(0x0)",
        "INTEL, 0x179, 0, #GP(0x0), 0x0", // MCG_CAP: no banks
        "INTEL, 0x17a, 7, ok, 0x7", // MCG_STATUS
        "AMD, 0x17a, 4, ok, 0x4",
        "INTEL, 0x17a, 8, #GP(0x0), 0x0",
        "INTEL, 0x400, 0, #GP(0x0), #GP(0x0)", // a bank
        "INTEL, 0x1d9, 0, ok, 0x0", // DEBUGCTL
        "AMD, 0x1d9, 0, ok, 0x0",
        "INTEL, 0x1d9, 8, #GP(0x0), 0x0",
        "AMD, 0x1d9, 0x40, #GP(0x0), 0x0",
        "INTEL, 0xc0000103, 9, ok, 0x9" // TSC_AUX
    })
    void present(Vendor vendor, String number, String value, String written, String read) {
        SystemMachine machine = access(vendor, "0f30", number, value);
        assertThat(outcome(machine)).isEqualTo(written);

        machine = access(vendor, written.equals("ok") ? "0f30 0f32" : "0f32", number, value);
        String last = outcome(machine);
        if (written.equals("ok")) {
            last = outcome(machine);
        }
        String seen =
                last.equals("ok") ? "0x" + Long.toHexString(machine.reg(Gpr.RDX) << 32 | machine.reg(Gpr.RAX)) : last;
        assertThat(seen).isEqualTo(read);
    }

    @ParameterizedTest(name = "{0}: {1}: {2}")
    @CsvSource({
        "INTEL, 0x1b, the local APIC (MSR 0x1b)",
        "AMD, 0x80b, the local APIC (MSR 0x80b)",
        "INTEL, 0x830, the local APIC (MSR 0x830)",
        "INTEL, 0x38d, performance counters (MSR 0x38d)",
        "INTEL, 0x38e, performance counters (MSR 0x38e)",
        "INTEL, 0x390, performance counters (MSR 0x390)",
        "INTEL, 0x186, performance counters (MSR 0x186)",
        "INTEL, 0xc1, performance counters (MSR 0xc1)",
        "INTEL, 0x4c1, performance counters (MSR 0x4c1)",
        "AMD, 0xc0010000, performance counters (MSR 0xc0010000)",
        "AMD, 0xc0010201, performance counters (MSR 0xc0010201)",
        "AMD, 0xc0011033, instruction-based sampling (MSR 0xc0011033)",
        "INTEL, 0x1c9, last branch records (MSR 0x1c9)",
        "INTEL, 0xda0, XSAVE of supervisor state (MSR 0xda0)",
        "INTEL, 0xd90, bound registers (MSR 0xd90)",
        "INTEL, 0x122, transactional memory (MSR 0x122)",
        "INTEL, 0x6a2, control-flow enforcement (MSR 0x6a2)",
        "AMD, 0xc001011f, configuration of a processor model (MSR 0xc001011f)",
        "AMD, 0x38e, #GP(0x0)", // Intel's alone
        "INTEL, 0xc0010000, #GP(0x0)", // AMD's alone
        "INTEL, 0x12345678, #GP(0x0)"
    })
    @DisplayName(
            "TP-194: RDMSR and WRMSR refuse by name what the vendor has and the emulator lacks; the rest is #GP(0)")
    void refused_by_name_or_nobodys(Vendor vendor, String number, String expected) {
        assertThat(outcome(access(vendor, "0f32", number, "0"))).isEqualTo(expected);
        assertThat(outcome(access(vendor, "0f30", number, "0"))).isEqualTo(expected);
        SystemMachine user = access(vendor, "0f32", number, "0");
        assertThat(outcome(user.user())).isEqualTo("#GP(0x0)");
    }

    @ParameterizedTest(name = "{0}: IA32_DEBUGCTL := {1}")
    @CsvSource({"INTEL, 0x1", "INTEL, 0x2", "INTEL, 0x1801", "AMD, 0x1", "AMD, 0x2", "AMD, 0x3c"})
    void what_debugctl_would_switch_on_is_refused(Vendor vendor, String value) {
        assertThat(outcome(access(vendor, "0f30", "0x1d9", value)))
                .isEqualTo("branch stepping, tracing and recording (IA32_DEBUGCTL = " + value + ")");
    }

    @ParameterizedTest(name = "{0}: RDPMC of {1} at CPL {2}, PCE {3}: {4}")
    @CsvSource({
        "INTEL, 0, 0, false, performance counters (RDPMC of 0x0)",
        "INTEL, 0x40000001, 0, false, performance counters (RDPMC of 0x40000001)",
        "AMD, 0x40000001, 0, false, #GP(0x0)",
        "AMD, 3, 3, true, performance counters (RDPMC of 0x3)",
        "INTEL, 0, 3, false, #GP(0x0)",
        "INTEL, 0x100, 0, false, #GP(0x0)"
    })
    void there_are_no_performance_counters(Vendor vendor, String index, int cpl, boolean enabled, String expected) {
        SystemMachine machine = access(vendor, "0f33", index, "0");
        machine.state.cr4 |= enabled ? Control.CR4_PCE : 0;

        assertThat(outcome(cpl == 3 ? machine.user() : machine)).isEqualTo(expected);
    }

    /** WRMSRNS writes what WRMSR writes. */
    @ParameterizedTest
    @ValueSource(strings = {"0f30", "0f01c6"})
    void both_writes_write(String code) {
        SystemMachine machine = access(Vendor.INTEL, code, "0x48", "1");

        assertThat(outcome(machine)).isEqualTo("ok");
        assertThat(machine.state.specCtrl).isEqualTo(1);
        assertThat(outcome(access(Vendor.INTEL, code, "0x48", "1").user())).isEqualTo("#GP(0x0)");
    }

    /** What the paths from a vector to the handler and back execute besides moves, tests and jumps, at CPL 0. */
    @ParameterizedTest(name = "{1} with {0}: {2}")
    @CsvSource({
        "INTEL, 0f01ca, ok", // CLAC
        "INTEL, 0f01cb, ok", // STAC
        "INTEL, 0f01f8, ok", // SWAPGS
        "INTEL, 0faee8, ok", // LFENCE
        "INTEL, 0f00e8, ok", // VERW AX
        "INTEL, f30f1efa, ok", // ENDBR64
        "INTEL, f390, ok", // PAUSE
        "INTEL, 0f01e8, ok", // SERIALIZE
        "AMD, 0f01e8, #UD",
        "AMD, 0f01c6, #UD", // WRMSRNS
        "INTEL, f3480faed0, ok", // WRFSBASE
        "INTEL, f3480faec8, ok", // RDGSBASE
        "INTEL, f30fc7f8, ok", // RDPID
        "INTEL, 0f01f9, ok", // RDTSCP
        "INTEL, 0f013b, ok", // INVLPG
        "INTEL, 0f03c0, ok", // LSL
        "INTEL, f3480f1ec8, ok", // RDSSP without shadow stacks
        "INTEL, 0f01d0, #UD", // XGETBV: CR4.OSXSAVE cannot be set
        "INTEL, f20f01ca, #UD", // ERETS: CR4.FRED cannot be set
        "AMD, 0f01fe, #UD" // INVLPGB is not reported
    })
    void instructions_of_entry_code(Vendor vendor, String code, String expected) {
        SystemMachine machine = machine(vendor).code(code);
        machine.state.cr4 |= Control.CR4_FSGSBASE;

        assertThat(outcome(machine)).isEqualTo(expected);
    }
}
