package io.github.nmi64.op;

import static io.github.nmi64.op.SystemMachine.BASE;
import static io.github.nmi64.op.SystemMachine.BASED_DATA;
import static io.github.nmi64.op.SystemMachine.CODE;
import static io.github.nmi64.op.SystemMachine.DATA;
import static io.github.nmi64.op.SystemMachine.FREE_SYSTEM;
import static io.github.nmi64.op.SystemMachine.KERNEL_CODE;
import static io.github.nmi64.op.SystemMachine.KERNEL_DATA;
import static io.github.nmi64.op.SystemMachine.NON_CANONICAL;
import static io.github.nmi64.op.SystemMachine.RSP0;
import static io.github.nmi64.op.SystemMachine.STACK;
import static io.github.nmi64.op.SystemMachine.TASK;
import static io.github.nmi64.op.SystemMachine.USER;
import static io.github.nmi64.op.SystemMachine.USER_CODE;
import static io.github.nmi64.op.SystemMachine.USER_DATA;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Segment and system-segment loads, far transfers, software interrupts: docs/rules.md, D, I and N. */
class SegmentsTest {
    private static final Rules CHAINED = Rules.INTEL.with("mov-ss-chains", "true");

    @ParameterizedTest(name = "{0} := {1} at CPL {2}")
    @CsvSource({
        "8ed8, 0x10, 0, ok", // DS
        "8ed8, 0x00, 0, ok",
        "8ed8, 0x03, 3, ok",
        "8ed8, 0x13, 0, #GP(0x10)", // DPL < RPL
        "8ed8, 0x10, 3, #GP(0x10)", // DPL < CPL
        "8ed8, 0x33, 3, ok",
        "8ed8, 0x50, 3, ok", // conforming code has no privilege
        "8ed8, 0x90, 0, #GP(0x90)", // execute-only code
        "8ed8, 0x18, 0, #GP(0x18)", // TSS
        "8ed8, 0xb0, 0, #GP(0xb0)", // beyond the GDT
        "8ed8, 0xa8, 0, ok", // the last of the GDT
        "8ed8, 0x0c, 0, #GP(0xc)", // no LDT
        "8ed8, 0x60, 0, #NP(0x60)",
        "8ed0, 0x10, 0, ok", // SS
        "8ed0, 0x00, 0, ok",
        "8ed0, 0x03, 0, #GP(0x0)", // null, RPL not CPL
        "8ed0, 0x03, 3, #GP(0x0)",
        "8ed0, 0x00, 3, #GP(0x0)",
        "8ed0, 0x33, 3, ok",
        "8ed0, 0x13, 0, #GP(0x10)", // RPL not CPL
        "8ed0, 0x30, 0, #GP(0x30)", // DPL not CPL
        "8ed0, 0x08, 0, #GP(0x8)", // code
        "8ed0, 0x5b, 3, #GP(0x58)", // read-only
        "8ed0, 0x63, 3, #SS(0x60)",
        "8ec8, 0x08, 0, #UD", // CS
        "8ef0, 0x08, 0, #UD",
        "8ef8, 0x08, 0, #UD"
    })
    @DisplayName("TP-208, TP-209: MOV to a segment register checks the descriptor, and CS cannot be loaded")
    void checks_what_is_loaded(String code, String selector, int cpl, String expected) {
        SystemMachine machine = cpl == 3 ? new SystemMachine().user() : new SystemMachine();
        machine.set(Gpr.RAX, Integer.decode(selector));

        assertThat(machine.code(code).event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            int segment = code.equals("8ed0") ? Segment.SS : Segment.DS;
            assertThat(machine.state.selector(segment)).isEqualTo(Integer.decode(selector));
            assertThat(machine.state.segments.usable(segment)).isEqualTo(Integer.decode(selector) > 3);
        }
    }

    @Test
    @DisplayName("TP-208: a null SS is #GP(0) in compatibility mode")
    void a_null_stack_is_illegal_in_compatibility_mode() {
        SystemMachine machine = new SystemMachine().kernel32().code("8ed0");
        assertThat(machine.event()).isEqualTo("#GP(0x0)");
    }

    @Test
    @DisplayName("TP-193: MOV GS loads base and limit, leaves KERNEL_GS_BASE and sets the accessed bit")
    void loads_base_and_limit_and_marks_the_descriptor() {
        SystemMachine machine = new SystemMachine().code("8ee8");
        machine.set(Gpr.RAX, BASED_DATA);
        machine.state.segments.base[Segment.GS] = -1;
        machine.state.kernelGsBase = 5;
        machine.succeed();

        assertThat(machine.state.segments.base[Segment.GS]).isEqualTo(BASE & 0xffff_ffffL);
        assertThat(machine.state.segments.limit[Segment.GS]).isEqualTo(0xffff_ffffL);
        assertThat(machine.state.kernelGsBase).isEqualTo(5);
        assertThat(machine.descriptorAt(BASED_DATA) >>> 40 & 1).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-193: a null selector clears the base with Intel, and keeps it with AMD")
    void a_null_load_clears_the_base_on_intel_only() {
        SystemMachine intel = new SystemMachine().code("8ee8");
        intel.state.segments.base[Segment.GS] = 0x1234;
        intel.state.segments.limit[Segment.GS] = 0x77;
        assertThat(intel.succeed().state.segments.base[Segment.GS]).isZero();
        assertThat(intel.state.segments.limit[Segment.GS]).isZero();

        SystemMachine amd = new SystemMachine(Rules.AMD).code("8ee8");
        amd.state.segments.base[Segment.GS] = 0x1234;
        amd.state.segments.limit[Segment.GS] = 0x77;
        assertThat(amd.succeed().state.segments.base[Segment.GS]).isEqualTo(0x1234);
        assertThat(amd.state.segments.limit[Segment.GS]).isEqualTo(0x77);
    }

    private static SystemMachine withNmi(SystemMachine machine, String code) {
        machine.set(Gpr.RAX, KERNEL_DATA);
        machine.code(code).succeed();
        machine.cpu.inputs().pulseNmi();
        while (machine.log().deliveries().isEmpty()) {
            machine.step();
        }
        return machine;
    }

    @Test
    @DisplayName("TP-055: MOV SS holds an NMI back for one instruction")
    void mov_ss_holds_an_nmi_back_for_one_instruction() {
        SystemMachine machine = withNmi(new SystemMachine(), "8ed0 90 90");
        assertThat(machine.last().fromRip()).isEqualTo(CODE + 3);
    }

    @Test
    @DisplayName("TP-060: of consecutive MOV SS only the first casts a shadow, or each, as mov-ss-chains says")
    void a_sequence_of_mov_ss_casts_one_shadow_or_many() {
        String code = "8ed0 8ed0 8ed0 90 90";
        assertThat(withNmi(new SystemMachine(), code).last().fromRip()).isEqualTo(CODE + 4);
        assertThat(withNmi(new SystemMachine(CHAINED), code).last().fromRip()).isEqualTo(CODE + 7);
    }

    @Test
    @DisplayName("TP-057, TP-059: LSS, and a MOV SS that faults, cast no shadow")
    void a_failed_mov_ss_and_lss_cast_no_shadow() {
        SystemMachine failed = new SystemMachine().code("8ed0");
        failed.set(Gpr.RAX, KERNEL_CODE);
        failed.step();
        assertThat(failed.state.interrupts.shadow).isEqualTo(InterruptState.NO_SHADOW);

        SystemMachine lss = new SystemMachine().code("0fb220");
        lss.store(DATA, 0x1234_5678L | (long) KERNEL_DATA << 32);
        lss.set(Gpr.RAX, DATA);
        lss.succeed();
        assertThat(lss.state.interrupts.shadow).isEqualTo(InterruptState.NO_SHADOW);
        assertThat(lss.reg(Gpr.RSP)).isEqualTo(0x1234_5678L);
    }

    @Test
    @DisplayName("TP-224: LFS with REX.W reads a 64-bit offset with Intel, 32 bits with AMD")
    void rex_w_far_pointers_have_64_bits_on_intel_only() {
        SystemMachine intel = new SystemMachine().code("480fb408");
        SystemMachine amd = new SystemMachine(Rules.AMD).code("480fb408");
        for (SystemMachine machine : new SystemMachine[] {intel, amd}) {
            machine.set(Gpr.RAX, DATA);
            machine.store(DATA, 0x1234L << 48 | (long) USER_DATA << 32 | 0x8765_4321L);
            machine.store(DATA + 8, KERNEL_DATA);
            machine.succeed();
        }

        assertThat(intel.state.selector(Segment.FS)).isEqualTo(KERNEL_DATA);
        assertThat(intel.reg(Gpr.RCX)).isEqualTo(0x1234_0030_8765_4321L);
        assertThat(amd.state.selector(Segment.FS)).isEqualTo(USER_DATA);
        assertThat(amd.reg(Gpr.RCX)).isEqualTo(0x8765_4321L);
    }

    /** With AMD REX.W widens what CALL FAR pushes and not the pointer it reads; measured on family 19h. */
    @ParameterizedTest(name = "{0}: {1} pushes {2} bytes")
    @CsvSource({
        "INTEL, ff18, 8",
        "INTEL, 48ff18, 16",
        "AMD, ff18, 8",
        "AMD, 48ff18, 16",
        "INTEL, 48ff28, 0",
        "AMD, 48ff28, 0"
    })
    @DisplayName("TP-224: a far CALL or JMP with REX.W has 64 bits with Intel, 32 with AMD")
    void rex_w_far_transfers(Vendor vendor, String code, int pushed) {
        SystemMachine machine = new SystemMachine(vendor == Vendor.AMD ? Rules.AMD : Rules.INTEL).code(code);
        boolean wide = vendor == Vendor.INTEL && code.startsWith("48");
        machine.store(DATA, USER | (wide ? 0 : (long) KERNEL_CODE << 32));
        machine.store(DATA + 8, wide ? KERNEL_CODE : 0);
        machine.set(Gpr.RAX, DATA);
        machine.succeed();

        assertThat(machine.state.rip).isEqualTo(USER);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK - pushed);
        if (pushed == 16) {
            assertThat(machine.load(STACK - 8)).isEqualTo(KERNEL_CODE);
            assertThat(machine.load(STACK - 16)).isEqualTo(CODE + 3);
        }
    }

    @Test
    @DisplayName("TP-247: PUSH and POP of segment registers move whole slots")
    void pushes_and_pops_whole_slots() {
        SystemMachine machine = new SystemMachine().code("0fa0 0fa9");
        machine.store(STACK - 8, -1);
        machine.state.segments.selector[Segment.FS] = USER_DATA | 3;
        machine.succeed();
        assertThat(machine.load(STACK - 8)).isEqualTo(USER_DATA | 3);
        machine.succeed();
        assertThat(machine.state.selector(Segment.GS)).isEqualTo(USER_DATA | 3);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"06", "07", "0e", "16", "17", "1e", "1f", "ce", "9a0000000000", "ea0000000000"})
    @DisplayName(
            "TP-056, TP-134, TP-243: PUSH and POP of ES, CS, SS and DS, INTO and direct far transfers are #UD in 64-bit mode")
    void compatibility_instructions_are_undefined_in_64_bit_mode(String code) {
        assertThat(new SystemMachine().code(code).event()).isEqualTo("#UD");
    }

    @ParameterizedTest(name = "type {1}, upper half {2}: {3}")
    @CsvSource({
        "0x98, 0x89, 0x0, ok",
        "0x98, 0x8b, 0x0, #GP(0x98)", // busy
        "0x98, 0x82, 0x0, #GP(0x98)",
        "0x98, 0x99, 0x0, #GP(0x98)", // S = 1
        "0x98, 0x09, 0x0, #NP(0x98)",
        "0x98, 0x89, 0x8000, #GP(0x98)", // base not canonical
        "0x98, 0x89, 0x10000000000, #GP(0x98)", // upper type
        "0xa8, 0x89, 0x0, #GP(0xa8)", // second half beyond the GDT
        "0x9c, 0x89, 0x0, #GP(0x9c)", // LDT
        "0x03, 0x89, 0x0, #GP(0x0)"
    })
    @DisplayName("TP-207: LTR checks its descriptor")
    void ltr_checks_its_descriptor(String selector, String access, String high, String expected) {
        SystemMachine machine = new SystemMachine().code("0f00d8");
        int chosen = Integer.decode(selector);
        machine.descriptor(FREE_SYSTEM, SystemMachine.descriptor(0x7000, 0x67, Integer.decode(access), 0));
        machine.descriptor(FREE_SYSTEM + 8, Long.decode(high));
        machine.descriptor(0xa8, SystemMachine.descriptor(0x7000, 0x67, Integer.decode(access), 0));
        if (chosen == FREE_SYSTEM) {
            machine.descriptor(FREE_SYSTEM + 8, Long.decode(high));
        }
        machine.set(Gpr.RAX, chosen);

        assertThat(machine.event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            assertThat(machine.state.selector(Segment.TR)).isEqualTo(FREE_SYSTEM);
            assertThat(machine.state.segments.rights[Segment.TR]).isEqualTo(0x8b);
            assertThat(machine.descriptorAt(FREE_SYSTEM) >>> 40 & 0xf).isEqualTo(0xb);
        } else {
            assertThat(machine.state.selector(Segment.TR)).isEqualTo(TASK);
        }
    }

    @Test
    void lldt_makes_a_local_table_usable() {
        SystemMachine machine = new SystemMachine().code("0f00d0 8ed9");
        machine.descriptor(FREE_SYSTEM, SystemMachine.descriptor(DATA, 0xf, 0x82, 0));
        machine.descriptor(FREE_SYSTEM + 8, 0);
        machine.store(DATA + 8, SystemMachine.descriptor(0, 0xfffff, 0x92, 0xc));
        machine.set(Gpr.RAX, FREE_SYSTEM);
        machine.set(Gpr.RCX, 0xc);
        machine.succeed().succeed();
        assertThat(machine.state.selector(Segment.DS)).isEqualTo(0xc);
        machine.set(Gpr.RCX, 0x14); // beyond the LDT's limit
        assertThat(machine.code("8ed9").event()).isEqualTo("#GP(0x14)");

        machine.code("0f00d0 8ed9");
        machine.set(Gpr.RCX, 0xc);
        machine.set(Gpr.RAX, 0);
        assertThat(machine.succeed().event()).isEqualTo("#GP(0xc)");
    }

    @Test
    @DisplayName("TP-206: LIDT and LGDT read ten bytes, whatever the prefixes")
    void lidt_and_lgdt_read_ten_bytes_whatever_the_prefixes() {
        SystemMachine machine = new SystemMachine().code("660f0118 480f0110 0f014108");
        machine.store(DATA, 0xffff_8000_1234L << 16 | 0xabc);
        machine.store(DATA + 8, 0xffff);
        machine.set(Gpr.RAX, DATA);
        machine.set(Gpr.RCX, DATA + 0x100);
        machine.succeed().succeed();
        assertThat(machine.state.idtLimit).isEqualTo(0xabc);
        assertThat(machine.state.idtBase).isEqualTo(0xffff_ffff_8000_1234L);
        assertThat(machine.state.gdtBase).isEqualTo(0xffff_ffff_8000_1234L);
        machine.succeed();
        assertThat(machine.load(DATA + 0x10a)).isEqualTo(0xffff_ffff_8000_1234L);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0f0110, #GP(0x0)", "0f01d8, #UD", "0f01d0, #UD"})
    @DisplayName("TP-206: LGDT wants a canonical base, and memory")
    void lgdt_wants_a_canonical_base_in_memory(String code, String expected) {
        SystemMachine machine = new SystemMachine().code(code);
        machine.store(DATA + 2, NON_CANONICAL);
        machine.set(Gpr.RAX, DATA);

        assertThat(machine.event()).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} of {1} at CPL {2}")
    @CsvSource({
        "0f02c8, 0x08, 0, 0xaf9a00", // LAR
        "0f02c8, 0x08, 3, none",
        "0f02c8, 0x50, 3, 0xaf9e00",
        "0f02c8, 0x98, 0, 0x8c00", // call gate
        "0f02c8, 0xb0, 0, none",
        "0f02c8, 0x00, 0, none",
        "0f03c8, 0x08, 0, 0xffffffff", // LSL
        "0f03c8, 0x18, 0, 0x67",
        "0f03c8, 0x98, 0, none",
        "0f00e0, 0x90, 0, none", // VERR of execute-only code
        "0f00e0, 0x38, 0, same",
        "0f00e8, 0x58, 0, none", // VERW of read-only data
        "0f00e8, 0x30, 0, same",
        "0f00e8, 0x38, 0, none",
        "0f00e8, 0x10, 3, none"
    })
    void answers_what_a_selector_would_give(String code, String selector, int cpl, String expected) {
        SystemMachine machine = cpl == 3 ? new SystemMachine().user() : new SystemMachine();
        machine.descriptor(FREE_SYSTEM, SystemMachine.descriptor(0, 0, 0x8c, 0)).descriptor(FREE_SYSTEM + 8, 0);
        machine.set(Gpr.RAX, Integer.decode(selector));
        machine.set(Gpr.RCX, 0x77);
        machine.code(code).succeed();

        assertThat(machine.state.flag(Rflags.ZF)).isEqualTo(!expected.equals("none"));
        long wanted = expected.startsWith("0x") ? Long.decode(expected) : 0x77;
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(wanted);
    }

    private static SystemMachine farPointer(SystemMachine machine, String code, long offset, int selector) {
        machine.store(DATA, offset & 0xffff_ffffL | (long) selector << 32);
        machine.set(Gpr.RAX, DATA);
        return machine.code(code);
    }

    @ParameterizedTest(name = "JMP to {0}")
    @CsvSource({
        "0x08, 0, ok",
        "0x38, 0, #GP(0x38)",
        "0x3b, 3, ok",
        "0x08, 3, #GP(0x8)",
        "0x50, 3, ok",
        "0x0b, 0, #GP(0x8)",
        "0x10, 0, #GP(0x10)",
        "0x18, 0, #GP(0x18)",
        "0x00, 0, #GP(0x0)",
        "0x43, 3, #NP(0x40)",
        "0x4b, 3, #GP(0x48)",
        "0x2b, 3, ok",
        "0x83, 3, #GP(0x0)"
    })
    void far_jumps_check_their_target(String selector, int cpl, String expected) {
        SystemMachine machine = cpl == 3 ? new SystemMachine().user() : new SystemMachine();
        farPointer(machine, "ff28", USER, Integer.decode(selector));

        assertThat(machine.event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            assertThat(machine.state.rip).isEqualTo(USER);
            assertThat(machine.state.selector(Segment.CS) & 3).isEqualTo(cpl);
        }
    }

    @Test
    @DisplayName("TP-014, TP-163: a far CALL and its RETF stay at their level and leave NMIs blocked")
    void a_far_call_and_its_return_stay_at_their_level() {
        SystemMachine machine =
                farPointer(new SystemMachine(), "ff18", USER, KERNEL_CODE).nmiWaiting();
        machine.succeed();
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK - 8);
        assertThat(machine.load(STACK - 8)).isEqualTo((long) KERNEL_CODE << 32 | CODE + 2);
        machine.code(USER, "ca0800").succeed();
        assertThat(machine.state.rip).isEqualTo(CODE + 2);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK + 8);
        assertThat(machine.blocked()).isTrue();
    }

    @Test
    void a_call_gate_leads_to_the_kernel_and_retf_back() {
        SystemMachine machine = new SystemMachine().user();
        machine.descriptor(FREE_SYSTEM, (long) USER & 0xffff | KERNEL_CODE << 16 | 0xecL << 40 | 1L << 48);
        machine.descriptor(FREE_SYSTEM + 8, 0);
        farPointer(machine, "ff18", 0, FREE_SYSTEM | 3).succeed();
        assertThat(machine.state.cpl).isZero();
        assertThat(machine.state.rip).isEqualTo(USER);
        assertThat(machine.state.selector(Segment.SS)).isZero();
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(RSP0 - 32);
        assertThat(machine.load(RSP0 - 8)).isEqualTo(USER_DATA | 3);
        assertThat(machine.load(RSP0 - 16)).isEqualTo(STACK);
        assertThat(machine.load(RSP0 - 24)).isEqualTo(USER_CODE | 3);

        machine.code(USER, "48cb").succeed();
        assertThat(machine.state.cpl).isEqualTo(3);
        assertThat(machine.state.rip).isEqualTo(CODE + 2);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(STACK);
    }

    @ParameterizedTest(name = "gate access {0}: {2}")
    @CsvSource({
        "0xec, 0x08, ok",
        "0x8c, 0x08, #GP(0x98)", // DPL < CPL
        "0x6c, 0x08, #NP(0x98)",
        "0xe4, 0x08, #GP(0x98)", // 16-bit gate
        "0xec, 0x00, #GP(0x0)",
        "0xec, 0x10, #GP(0x10)",
        "0xec, 0x78, #GP(0x78)", // 32-bit code
        "0xec, 0x40, #NP(0x40)"
    })
    void call_gates_check_themselves_and_their_code(String access, String code, String expected) {
        SystemMachine machine = new SystemMachine().user();
        long gate = (long) USER & 0xffff | Long.decode(code) << 16 | Long.decode(access) << 40 | 1L << 48;
        machine.descriptor(FREE_SYSTEM, gate).descriptor(FREE_SYSTEM + 8, 0);

        assertThat(farPointer(machine, "ff18", 0, FREE_SYSTEM | 3).event()).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} at CPL 3, gate DPL {1}")
    @CsvSource({
        "cd02, 3, NMI, 2",
        "cd02, 0, #GP(0x12), 0",
        "cdff, 0, #GP(0x7fa), 0",
        "cd0d, 3, #GP, 2", // no error code
        "cc, 3, #BP, 1",
        "cc, 0, #GP(0x1a), 0",
        "f1, 0, #DB, 1",
        "0f0b, 0, #UD, 0",
        "0fb9c0, 0, #UD, 0",
        "0fffc0, 0, #UD, 0"
    })
    @DisplayName(
            "TP-018, TP-086, TP-107, TP-131, TP-132, TP-133, TP-136: INT n and INT3 check the level of the gate; INT1, UD0, UD1 and UD2 do not")
    void software_interrupts_respect_the_gate(String code, int dpl, String expected, int length) {
        SystemMachine machine = new SystemMachine().user();
        for (int vector : new int[] {Vector.DB, Vector.NMI, Vector.BP, Vector.GP}) {
            boolean handlesFault = vector == Vector.GP && dpl == 0;
            int access = 0x8e | (handlesFault ? 0 : dpl) << 5;
            machine.gate(vector, KERNEL_CODE, SystemMachine.handler(vector), access, 0);
        }
        machine.code(code);

        assertThat(machine.event()).isEqualTo(expected);
        assertThat(machine.last().fromRip()).isEqualTo(CODE + length);
        assertThat(machine.blocked()).isFalse();
    }

    @Test
    @DisplayName("TP-134: INTO exists in compatibility mode")
    void into_exists_in_compatibility_mode() {
        SystemMachine machine = new SystemMachine().user32().code("ce");
        machine.flags(0).succeed();
        machine.gate(Vector.OF, KERNEL_CODE, SystemMachine.handler(Vector.OF), 0xee, 0);
        assertThat(machine.code("ce").flags(Rflags.OF).event()).isEqualTo("#OF");
        assertThat(machine.last().fromRip()).isEqualTo(CODE + 1);
    }

    @ParameterizedTest(name = "bound: {1} within {2}: {3}")
    @CsvSource({
        "6208, -3, 0x00000007_fffffffe, #BR", // -2 to 7, both included
        "6208, -2, 0x00000007_fffffffe, ok",
        "6208, 7, 0x00000007_fffffffe, ok",
        "6208, 8, 0x00000007_fffffffe, #BR",
        "666208, -3, 0x1234_0007_fffe, #BR",
        "666208, -2, 0x1234_0007_fffe, ok",
        "666208, 0x12340007, 0x1234_0007_fffe, ok",
        "666208, 8, 0x1234_0007_fffe, #BR"
    })
    @DisplayName("TP-134: BOUND compares signed, in compatibility mode")
    void bound_compares_signed_in_compatibility_mode(String code, String index, String bounds, String expected) {
        SystemMachine machine = new SystemMachine().user32().code(code);
        machine.state.segments.load(Segment.DS, USER_DATA | 3, 0, 0xffff_ffffL, 0xc0f3);
        machine.store(DATA, Long.decode(bounds.replace("_", "")));
        machine.set(Gpr.RAX, DATA);
        machine.set(Gpr.RCX, Long.decode(index) & 0xffff_ffffL);

        assertThat(machine.event()).isEqualTo(expected);
        if (!expected.equals("ok")) {
            assertThat(machine.last().fromRip()).isEqualTo(CODE);
        }
    }

    @Test
    @DisplayName("TP-135: an INT3 under TF is not traced into its handler")
    void an_interrupt_under_tf_is_not_traced_into_its_handler() {
        SystemMachine machine = new SystemMachine().code("cc").flags(Rflags.TF);
        machine.step().step();

        assertThat(machine.log().deliveries()).hasSize(1);
        assertThat(machine.last().fromRflags() & Rflags.TF).isNotZero();
    }
}
