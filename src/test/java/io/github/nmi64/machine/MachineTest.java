package io.github.nmi64.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.timing.CostModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The machine contract: what a program finds at reset, and how a run ends. */
class MachineTest {
    private static final long CODE = 0xffff_ffff_8100_0000L;

    private static Machine machine(String hex) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        return new Machine(new BootImage(CODE).segment(CODE, code, code.length), Rules.INTEL, CostModel.UNIT);
    }

    @Test
    void registers_at_reset() {
        CpuState state = machine("f4").state();

        assertThat(state.rip).isEqualTo(CODE);
        assertThat(state.cpl).isZero();
        assertThat(state.rflags).isEqualTo(2);
        assertThat(state.cr0).isEqualTo(0x8001_0033L);
        assertThat(state.cr4).isEqualTo(0x20);
        assertThat(state.efer).isEqualTo(0xd01);
        assertThat(state.selector(Segment.CS)).isEqualTo(0x08);
        assertThat(state.selector(Segment.SS)).isEqualTo(0x10);
        assertThat(state.selector(Segment.DS)).isEqualTo(0x10);
        assertThat(state.selector(Segment.ES)).isEqualTo(0x10);
        assertThat(state.selector(Segment.FS)).isZero();
        assertThat(state.selector(Segment.GS)).isZero();
        assertThat(state.idtLimit).isZero();
        assertThat(state.gdtLimit).isEqualTo(23);
        assertThat(state.gpr[Gpr.RSP]).isEqualTo((64L << 20) - 4096);
    }

    @Test
    void the_gdt_in_memory_holds_what_the_segment_registers_cache() {
        // mov $8,%eax; lar %ax,%ecx; mov $16,%eax; lar %ax,%edx; hlt
        Machine machine = machine("b8 08 00 00 00  0f 02 c8  b8 10 00 00 00  0f 02 d0  f4");

        machine.run(10, Long.MAX_VALUE);

        assertThat(machine.state().gpr[Gpr.RCX] & 0xff00).isEqualTo(0x9b00);
        assertThat(machine.state().gpr[Gpr.RDX] & 0xff00).isEqualTo(0x9300);
    }

    @Test
    void exit_port_ends_the_run_with_its_value() {
        // mov $0x2a,%al; out %al,$0xf4; inc %ecx
        Machine machine = machine("b0 2a  e6 f4  ff c1");

        assertThat(machine.run(10, Long.MAX_VALUE)).isEqualTo(Outcome.EXIT);
        assertThat(machine.ports().exitValue()).hasValue(42);
        assertThat(machine.core().retired).isEqualTo(2);
        assertThat(machine.state().gpr[Gpr.RCX]).isZero();
    }

    @Test
    void hlt_that_nothing_can_wake_halts() {
        Machine machine = machine("f4");

        assertThat(machine.run(10, Long.MAX_VALUE)).isEqualTo(Outcome.HALTED);
        assertThat(machine.state().rip).isEqualTo(CODE + 1);
    }

    @Test
    void a_fault_without_an_idt_shuts_down() {
        Machine machine = machine("0f 0b"); // ud2

        assertThat(machine.run(10, Long.MAX_VALUE)).isEqualTo(Outcome.SHUTDOWN);
        assertThat(machine.core().retired).isZero();
    }

    @Test
    void an_unimplemented_instruction_is_named_and_has_no_effect() {
        Machine machine = machine("90 d9 e8"); // nop; fld1

        assertThat(machine.run(10, Long.MAX_VALUE)).isEqualTo(Outcome.UNSUPPORTED);
        assertThat(machine.state().rip).isEqualTo(CODE + 1);
        assertThat(machine.cpu().unsupported()).hasMessageContaining("x87");
    }

    /** Valid elsewhere, and nothing a guest can switch on here. */
    @ParameterizedTest
    @CsvSource({
        "0f 58 c1,                      SSE (CR4.OSFXSR is clear and cannot be set); nothing handles the #UD",
        "66 0f 6f c1,                   SSE (CR4.OSFXSR is clear and cannot be set); nothing handles the #UD",
        "0f ae 20,                      XSAVE (CR4.OSXSAVE is clear and cannot be set); nothing handles the #UD",
        "c5 f8 58 c1,                   AVX or another extension under a VEX prefix; nothing handles the #UD",
        "62 f1 7c 48 58 c1,             AVX-512; nothing handles the #UD",
        "b8 20 02 00 00 90 90 0f 22 e0, what bit 9 of CR4 enables; nothing handles the #GP",
    })
    void an_instruction_no_guest_can_enable_is_named_if_nothing_handles_its_exception(String code, String what) {
        Machine machine = machine(code);
        machine.state().cr2 = 0x1234;

        assertThat(machine.run(10, Long.MAX_VALUE)).isEqualTo(Outcome.UNSUPPORTED);
        assertThat(machine.cpu().unsupported()).hasMessage(what);
        assertThat(machine.state().rip).isEqualTo(CODE + (code.startsWith("b8") ? 7 : 0));
        assertThat(machine.state().cr2).isEqualTo(0x1234);
        assertThat(machine.state().activity).isEqualTo(Activity.ACTIVE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f 58 c1", "0f ae 20", "c5 f8 58 c1", "62 f1 7c 48 58 c1", "0f 0b"})
    void a_guest_that_handles_undefined_opcodes_gets_them(String code) {
        TestMachine machine = GuestProgram.kernel("here: " + code + "\n").boot().step();

        assertThat(machine.story()).containsExactly("#UD at here");
    }

    /** Reserved bits, and vector prefixes where they are none. */
    @ParameterizedTest
    @ValueSource(strings = {"0f 0b", "66 c5 f8 58 c1", "0f 04", "48 b8 00 00 00 00 01 00 00 00 0f 22 e0"})
    void what_no_processor_executes_still_shuts_down(String code) {
        assertThat(machine(code).run(10, Long.MAX_VALUE)).isEqualTo(Outcome.SHUTDOWN);
    }

    @Test
    void limits_stop_exactly() {
        Machine machine = machine("eb fe"); // 1: jmp 1b

        assertThat(machine.run(1000, Long.MAX_VALUE)).isEqualTo(Outcome.LIMIT);
        assertThat(machine.core().retired).isEqualTo(1000);
        assertThat(machine.run(Long.MAX_VALUE, 1234)).isEqualTo(Outcome.LIMIT);
        assertThat(machine.core().clock.now).isEqualTo(1234);
    }

    @Test
    void low_ram_is_mapped_one_to_one_and_high_segments_where_they_say() {
        byte[] nine = {9};
        BootImage image = new BootImage(CODE)
                .segment(CODE, new byte[] {(byte) 0xf4}, 1)
                .segment(0x40_0000, nine, 8192)
                .segment(0x7_0000_0000L, nine, 1);
        Machine machine = new Machine(image, Rules.INTEL, CostModel.UNIT);

        assertThat(machine.translate(0x1234)).hasValue(0x1234);
        assertThat(machine.translate(0x40_0000)).hasValue(0x40_0000);
        assertThat(machine.peek(0x40_0000)).hasValue(9);
        assertThat(machine.peek(0x7_0000_0000L)).hasValue(9);
        assertThat(machine.translate(0x7_0000_1000L)).isEmpty();
        assertThat(machine.translate(64L << 20)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 0xff8, 0xff9, 0xffc, 0xfff, 0x1000})
    void peeking_sees_a_quadword_at_any_address_across_pages_and_nothing_if_a_byte_is_missing(int offset) {
        byte[] counting = new byte[8192];
        for (int i = 0; i < counting.length; i++) {
            counting[i] = (byte) (i * 7 + i / 251);
        }
        long at = 0x7_0000_0000L;
        BootImage image =
                new BootImage(CODE).segment(CODE, new byte[] {(byte) 0xf4}, 1).segment(at, counting, 8192);
        Machine machine = new Machine(image, Rules.INTEL, CostModel.UNIT);

        long expected = ByteBuffer.wrap(counting).order(ByteOrder.LITTLE_ENDIAN).getLong(offset);
        assertThat(machine.peek(at + offset)).hasValue(expected);
        assertThat(machine.peek(at + 8184)).isPresent();
        assertThat(machine.peek(at + 8185)).isEmpty();
        assertThat(machine.peek(at - 1)).isEmpty();
    }

    @Test
    void machines_of_one_image_share_what_it_loads_and_nothing_they_write() {
        byte[] storing = {(byte) 0x89, 0x04, 0x25, 0, 0, 0x50, 0, (byte) 0xf4}; // mov %eax,0x500000; hlt
        BootImage image = new BootImage(CODE).segment(CODE, storing, 8).segment(0x50_0000, new byte[] {9}, 4096);
        Machine first = new Machine(image, Rules.INTEL, CostModel.UNIT);

        first.cpu().step();
        Machine second = new Machine(image, Rules.INTEL, CostModel.UNIT);

        assertThat(first.peek(0x50_0000)).hasValue(0);
        assertThat(second.peek(0x50_0000)).hasValue(9);
        assertThat(second.state().rip).isEqualTo(CODE);
    }

    @Test
    void what_is_added_to_an_image_is_in_the_machines_made_after_that() {
        BootImage image = new BootImage(CODE).segment(CODE, new byte[] {(byte) 0xf4}, 1);
        Machine before = new Machine(image, Rules.INTEL, CostModel.UNIT);

        image.segment(0x7_0000_0000L, new byte[] {9}, 1);

        assertThat(before.peek(0x7_0000_0000L)).isEmpty();
        assertThat(new Machine(image, Rules.INTEL, CostModel.UNIT).peek(0x7_0000_0000L))
                .hasValue(9);
    }

    @Test
    void an_image_that_reaches_into_the_machines_tables_is_refused() {
        BootImage image = new BootImage(0).segment((64L << 20) - 8192, new byte[1], 1);

        assertThatThrownBy(() -> new Machine(image, Rules.INTEL, CostModel.UNIT))
                .isInstanceOf(BootImageException.class)
                .hasMessageContaining("tables")
                .hasMessageContaining("link it lower");
    }

    @Test
    void restore_goes_back_to_registers_memory_devices_and_clock() {
        // 1: out %al,$0xe9; inc %al; push %rax; jmp 1b
        Machine machine = machine("e6 e9  fe c0  50  eb f9");
        machine.run(100, Long.MAX_VALUE);
        Machine.Snapshot snapshot = machine.snapshot();
        long rsp = machine.state().gpr[Gpr.RSP];
        byte[] console = machine.ports().console().bytes();

        machine.run(200, Long.MAX_VALUE);
        byte[] later = machine.ports().console().bytes();
        long rax = machine.state().gpr[Gpr.RAX];
        machine.restore(snapshot);

        assertThat(machine.core().retired).isEqualTo(100);
        assertThat(machine.core().clock.now).isEqualTo(100);
        assertThat(machine.state().gpr[Gpr.RSP]).isEqualTo(rsp);
        assertThat(machine.ports().console().bytes()).isEqualTo(console);
        assertThat(machine.peek(rsp - 8)).hasValue(0);

        machine.run(200, Long.MAX_VALUE);
        assertThat(machine.ports().console().bytes()).isEqualTo(later);
        assertThat(machine.state().gpr[Gpr.RAX]).isEqualTo(rax);
    }

    @Test
    void a_snapshot_restores_into_another_machine_and_the_two_go_separate_ways() {
        Machine one = machine("fe c0  50  eb fb"); // 1: inc %al; push %rax; jmp 1b
        one.run(30, Long.MAX_VALUE);
        Machine.Snapshot snapshot = one.snapshot();
        Machine other = machine("fe c0  50  eb fb");
        other.restore(snapshot);

        one.run(60, Long.MAX_VALUE);

        assertThat(other.peek(other.state().gpr[Gpr.RSP] - 8)).hasValue(0);
        other.run(60, Long.MAX_VALUE);
        assertThat(other.state().gpr).isEqualTo(one.state().gpr);
        assertThat(other.peek(other.state().gpr[Gpr.RSP])).isEqualTo(one.peek(one.state().gpr[Gpr.RSP]));
    }

    @Test
    void nobody_chooses_what_the_port_of_a_device_answers() {
        BootImage image = new BootImage(0x1000).port(0x3fd, 0);

        assertThatThrownBy(() -> new Machine(image, Rules.INTEL, CostModel.UNIT))
                .isInstanceOf(BootImageException.class)
                .hasMessageContaining("port 0x3fd has a device");
    }
}
