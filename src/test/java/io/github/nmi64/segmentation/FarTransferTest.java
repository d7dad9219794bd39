package io.github.nmi64.segmentation;

import static io.github.nmi64.op.SystemMachine.CODE;
import static io.github.nmi64.op.SystemMachine.DATA;
import static io.github.nmi64.op.SystemMachine.FREE_SYSTEM;
import static io.github.nmi64.op.SystemMachine.KERNEL_CODE;
import static io.github.nmi64.op.SystemMachine.USER;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.op.SystemMachine;
import io.github.nmi64.state.SegmentState;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where tables end, what call gates check, and which segments an outer level keeps. */
class FarTransferTest {
    private static final int LOCAL = 4;

    private static SystemMachine far(SystemMachine machine, String code, int selector) {
        machine.store(DATA, USER | (long) selector << 32);
        machine.set(Gpr.RAX, DATA);
        return machine.code(code);
    }

    private static SystemMachine withGate(int cpl, int code, long offset, long high) {
        SystemMachine machine = cpl == 3 ? new SystemMachine().user() : new SystemMachine();
        long low = offset & 0xffff | (long) code << 16 | 0xecL << 40 | (offset >>> 16 & 0xffff) << 48;
        return machine.descriptor(FREE_SYSTEM, low).descriptor(FREE_SYSTEM + 8, high);
    }

    // ---- tables

    @ParameterizedTest(name = "limit {0}: {1}")
    @CsvSource({"0x0f, ok", "0x10, ok", "0x0e, #GP(0xc)", "0x07, #GP(0xc)"})
    @DisplayName("TP-209: the last byte of a descriptor must lie within the local table")
    void the_local_table_ends_at_its_limit(String limit, String expected) {
        SystemMachine machine = new SystemMachine().code("8ed9");
        machine.store(DATA + 8, SystemMachine.descriptor(0, 0xfffff, 0x92, 0xc));
        machine.state.segments.load(Segment.LDTR, FREE_SYSTEM, DATA, Integer.decode(limit), 0x82);
        machine.set(Gpr.RCX, 8 | LOCAL);

        assertThat(machine.event()).isEqualTo(expected);
    }

    @Test
    @DisplayName("TP-209: descriptor 0 of the local table is one like any other, and marked as accessed there")
    void the_local_table_has_a_descriptor_zero() {
        SystemMachine machine = new SystemMachine().code("8ed9");
        machine.store(DATA, SystemMachine.descriptor(0, 0xfffff, 0x92, 0xc));
        machine.state.segments.load(Segment.LDTR, FREE_SYSTEM, DATA, 7, 0x82);
        machine.set(Gpr.RCX, LOCAL);

        assertThat(machine.event()).isEqualTo("ok");
        assertThat(machine.state.segments.usable(Segment.DS)).isTrue();
        assertThat(machine.state.segments.rights[Segment.DS] & 0xff).isEqualTo(0x93);
        assertThat(machine.load(DATA) >>> 40 & 0xff).isEqualTo(0x93);
    }

    @ParameterizedTest(name = "GDT limit {0}: {1}")
    @CsvSource({"0xa7, ok", "0xa6, #GP(0x98)"})
    @DisplayName("TP-207: both halves of a system descriptor must lie within the table")
    void a_system_descriptor_ends_with_its_second_half(String limit, String expected) {
        SystemMachine machine = new SystemMachine().code("0f00d0"); // lldt %ax
        machine.descriptor(FREE_SYSTEM, SystemMachine.descriptor(DATA, 0xf, 0x82, 0))
                .descriptor(FREE_SYSTEM + 8, 0);
        machine.state.gdtLimit = Integer.decode(limit);
        machine.set(Gpr.RAX, FREE_SYSTEM);

        assertThat(machine.event()).isEqualTo(expected);
    }

    @Test
    @DisplayName("TP-207: base and limit of a 64-bit system segment, all bits of the base")
    void the_base_of_a_system_segment_has_64_bits() {
        SystemMachine machine = new SystemMachine().code("0f00d0");
        machine.descriptor(FREE_SYSTEM, SystemMachine.descriptor(0x8765_4321L, 0x1_2345, 0x82, 0))
                .descriptor(FREE_SYSTEM + 8, 0xffff_ffffL);
        machine.set(Gpr.RAX, FREE_SYSTEM);

        assertThat(machine.event()).isEqualTo("ok");
        assertThat(machine.state.segments.base[Segment.LDTR]).isEqualTo(0xffff_ffff_8765_4321L);
        assertThat(machine.state.segments.limit[Segment.LDTR]).isEqualTo(0x1_2345);
        assertThat(machine.state.segments.rights[Segment.LDTR] & 0xff).isEqualTo(0x82);
        assertThat(machine.descriptorAt(FREE_SYSTEM) >>> 40 & 0xff)
                .as("an LDT is not marked")
                .isEqualTo(0x82);
    }

    @Test
    @DisplayName("TP-207: a null LDTR, whatever its RPL, leaves no local table")
    void a_null_local_table() {
        SystemMachine machine = new SystemMachine().code("0f00d0");
        machine.state.segments.load(Segment.LDTR, FREE_SYSTEM, DATA, 0xf, 0x82);
        machine.set(Gpr.RAX, 3);

        assertThat(machine.event()).isEqualTo("ok");
        assertThat(machine.state.selector(Segment.LDTR)).isEqualTo(3);
        assertThat(machine.state.segments.usable(Segment.LDTR)).isFalse();
    }

    // ---- stacks and code of one's own level

    @Test
    @DisplayName("TP-209: MOV SS loads the whole descriptor and marks it as accessed")
    void a_stack_segment_is_loaded_whole() {
        SystemMachine machine = new SystemMachine().code("8ed0"); // mov %eax,%ss
        machine.descriptor(FREE_SYSTEM, SystemMachine.descriptor(0x1234, 0x5678, 0x92, 4));
        machine.set(Gpr.RAX, FREE_SYSTEM);

        assertThat(machine.event()).isEqualTo("ok");
        assertThat(machine.state.selector(Segment.SS)).isEqualTo(FREE_SYSTEM);
        assertThat(machine.state.segments.base[Segment.SS]).isEqualTo(0x1234);
        assertThat(machine.state.segments.limit[Segment.SS]).isEqualTo(0x5678);
        assertThat(machine.state.segments.rights[Segment.SS]).isEqualTo(0x4093);
        assertThat(machine.descriptorAt(FREE_SYSTEM) >>> 40 & 0xff).isEqualTo(0x93);
    }

    @ParameterizedTest(name = "JMP at CPL {1} to conforming code {0}: {2}")
    @CsvSource({"0x50, 0, ok", "0x50, 3, ok", "0x53, 0, ok", "0x68, 3, ok", "0x68, 0, #GP(0x68)"})
    void conforming_code_is_at_most_as_outward(String selector, int cpl, String expected) {
        SystemMachine machine = cpl == 3 ? new SystemMachine().user() : new SystemMachine();

        assertThat(far(machine, "ff28", Integer.decode(selector)).event()).isEqualTo(expected);
        assertThat(machine.state.cpl).isEqualTo(expected.equals("ok") ? cpl : 0);
    }

    // ---- call gates

    @ParameterizedTest(name = "CPL {0}, {1}, code {2}: {3}")
    @CsvSource({
        "0, ff28, 0x08, ok, 0", // JMP to the same level
        "3, ff28, 0x08, #GP(0x8), 3", // JMP goes to no other level
        "3, ff28, 0x50, ok, 3", // but to conforming code
        "3, ff18, 0x50, ok, 3", // at whose side a CALL stays as well
        "0, ff18, 0x38, #GP(0x38), 0", // nothing goes outward
        "0, ff28, 0x38, #GP(0x38), 0",
        "0, ff18, 0x68, #GP(0x68), 0",
        "3, ff18, 0x08, ok, 0",
        "3, ff18, 0x38, ok, 3",
        "3, ff18, 0x48, #GP(0x48), 3", // L and D
        "3, ff18, 0xb0, #GP(0xb0), 3" // beyond the table
    })
    void where_a_call_gate_leads(int cpl, String code, String selector, String expected, int level) {
        SystemMachine machine = far(withGate(cpl, Integer.decode(selector), USER, 0), code, FREE_SYSTEM | cpl);

        assertThat(machine.event()).isEqualTo(expected);
        if (expected.equals("ok")) {
            assertThat(machine.state.cpl).isEqualTo(level);
            assertThat(machine.state.selector(Segment.CS)).isEqualTo(Integer.decode(selector) | level);
            assertThat(machine.state.rip).isEqualTo(USER);
        }
    }

    @ParameterizedTest(name = "second half {0}: {1}")
    @CsvSource({
        "0x0, ok",
        "0x10000000000, #GP(0x98)", // bit 8 of the third doubleword: the type field
        "0x100000000000, #GP(0x98)", // bit 12, its last
        "0x200000000000, ok", // bit 13 is no part of it
        "0x8000, #GP(0x0)" // an offset that is not canonical
    })
    void the_second_half_of_a_call_gate(String high, String expected) {
        assertThat(far(withGate(3, KERNEL_CODE, USER, Long.decode(high)), "ff18", FREE_SYSTEM | 3)
                        .event())
                .isEqualTo(expected);
    }

    @Test
    void the_offset_of_a_call_gate_has_64_bits() {
        SystemMachine machine = far(withGate(3, KERNEL_CODE, 0x8765_4321L, 0xffff_ffffL), "ff18", FREE_SYSTEM | 3);

        assertThat(machine.event()).isEqualTo("ok");
        assertThat(machine.state.rip).isEqualTo(0xffff_ffff_8765_4321L);
    }

    @ParameterizedTest(name = "GDT limit {0}: {1}")
    @CsvSource({"0xa7, ok", "0xa6, #GP(0x98)", "0x9f, #GP(0x98)"})
    void both_halves_of_a_call_gate_lie_in_the_table(String limit, String expected) {
        SystemMachine machine = far(withGate(3, KERNEL_CODE, USER, 0), "ff18", FREE_SYSTEM | 3);
        machine.state.gdtLimit = Integer.decode(limit);

        assertThat(machine.event()).isEqualTo(expected);
    }

    @Test
    void the_level_of_a_call_gate_is_compared_with_that_of_the_selector_too() {
        SystemMachine machine = withGate(0, KERNEL_CODE, USER, 0);
        machine.descriptor(FREE_SYSTEM, machine.descriptorAt(FREE_SYSTEM) & ~(3L << 45) | 1L << 45); // DPL 1

        assertThat(far(machine, "ff28", FREE_SYSTEM | 2).event()).isEqualTo("#GP(0x98)");
        assertThat(far(machine, "ff28", FREE_SYSTEM | 1).event()).isEqualTo("ok");
    }

    // ---- return outward

    @ParameterizedTest
    @CsvSource({"intel, 48cf", "intel, 48cb", "amd, 48cf", "amd, 48cb"})
    @DisplayName(
            "TP-158: IRET and RETF outward empty segments below the new level, keep conforming code, and every base")
    void what_an_outer_level_keeps(String vendor, String code) {
        SystemMachine machine = new SystemMachine(Rules.INTEL.with("vendor", vendor));
        machine.state.segments.load(Segment.DS, 0x10, 0x11, 0x22, 0xc093); // data of DPL 0
        machine.state.segments.load(Segment.ES, 0x33, 0x33, 0x44, 0xc0f3); // data of DPL 3
        machine.state.segments.load(Segment.FS, 0x50, 0x55, 0x66, 0xa09f); // conforming code of DPL 0
        machine.state.segments.load(Segment.GS, 2, 0x77, 0x88, 0);
        boolean iret = code.endsWith("cf");
        long[] frame = iret
                ? new long[] {USER, SystemMachine.USER_CODE | 3, 2, 0x2_0000, SystemMachine.USER_DATA | 3}
                : new long[] {USER, SystemMachine.USER_CODE | 3, 0x2_0000, SystemMachine.USER_DATA | 3};
        machine.frame(64, frame).code(CODE, code).succeed();

        SegmentState segments = machine.state.segments;
        assertThat(machine.state.cpl).isEqualTo(3);
        assertThat(segments.selector[Segment.DS]).isZero();
        assertThat(segments.base[Segment.DS]).isEqualTo(0x11);
        assertThat(segments.usable(Segment.DS)).isFalse();
        assertThat(segments.selector[Segment.ES]).isEqualTo(0x33);
        assertThat(segments.usable(Segment.ES)).isTrue();
        assertThat(segments.selector[Segment.FS]).isEqualTo(0x50);
        assertThat(segments.usable(Segment.FS)).isTrue();
        assertThat(segments.selector[Segment.GS]).isZero();
        assertThat(segments.base[Segment.GS]).isEqualTo(0x77);
        assertThat(segments.usable(Segment.GS)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"48cf", "48cb"})
    @DisplayName("TP-158: the base of FS and GS outlives a selector that goes: thread-local storage is still there")
    void thread_local_storage_outlives_its_selector(String code) {
        SystemMachine machine = new SystemMachine();
        machine.state.segments.load(Segment.FS, 0x10, 0x1000_0000, 0xffff_ffffL, 0xc093);
        machine.state.segments.load(Segment.GS, 0x10, 0x2000_0000, 0xffff_ffffL, 0xc093);
        boolean iret = code.endsWith("cf");
        long[] frame = iret
                ? new long[] {USER, SystemMachine.USER_CODE | 3, 2, 0x2_0000, SystemMachine.USER_DATA | 3}
                : new long[] {USER, SystemMachine.USER_CODE | 3, 0x2_0000, SystemMachine.USER_DATA | 3};
        machine.frame(64, frame).code(CODE, code).succeed();

        for (int segment : new int[] {Segment.FS, Segment.GS}) {
            assertThat(machine.state.selector(segment)).isZero();
            assertThat(machine.state.segments.base[segment])
                    .isEqualTo(segment == Segment.FS ? 0x1000_0000 : 0x2000_0000);
        }
    }
}
