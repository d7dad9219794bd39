package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.DB;
import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.core.Rules;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Interrupt shadows of MOV SS, POP SS and STI: docs/rules.md, D. */
class ShadowTest {
    private static final String MOV_SS = """
            start: 8e d0    ; (mov %eax,%ss)
            next:  48 89 dc ; mov %rbx,%rsp
            after: 90       ; nop
            end:   90       ; nop
            """;

    private static TestMachine movSs() {
        return movSs(MOV_SS);
    }

    private static TestMachine movSs(String listing) {
        return movSs(listing, Rules.INTEL);
    }

    private static TestMachine movSs(String listing, Rules rules) {
        return GuestProgram.kernel(listing)
                .rules(rules)
                .boot()
                .set(Gpr.RAX, GuestProgram.KERNEL_DATA)
                .set(Gpr.RBX, 0x4e_0000)
                .set(Gpr.RDX, GuestProgram.DATA)
                .store(GuestProgram.DATA, GuestProgram.KERNEL_DATA);
    }

    @Test
    @DisplayName("TP-055: an NMI after MOV SS waits for one more instruction, so no frame has new SS and old RSP")
    void mov_ss_holds_nmi() {
        TestMachine machine = movSs();
        machine.step().nmi().steps(2);

        assertThat(machine.story()).containsExactly("NMI at after");
        assertThat(machine.frame(3)).isEqualTo(0x4e_0000);
    }

    @Test
    @DisplayName("TP-055: MOV SS holds INTR as well")
    void mov_ss_holds_intr() {
        TestMachine machine = movSs();
        machine.raise(Rflags.IF).step().interrupt(0x40).steps(2);

        assertThat(machine.story()).containsExactly("interrupt 0x40 at after");
    }

    @Test
    @DisplayName("TP-055: MOV SS suppresses a code breakpoint on the instruction after it, and only that one")
    void mov_ss_holds_code_breakpoints() {
        TestMachine machine = movSs();
        machine.breakpoint(0, machine.address("next"), AddressBreakpoints.EXECUTION, 1)
                .breakpoint(1, machine.address("after"), AddressBreakpoints.EXECUTION, 1)
                .steps(3);

        assertThat(machine.story()).containsExactly("#DB at after");
        assertThat(machine.state().dr6 & 15).isEqualTo(2);
    }

    @Test
    @DisplayName("TP-055: with vendor=amd it suppresses no code breakpoint, but NMIs and traps all the same")
    void mov_ss_holds_no_code_breakpoints_with_amd() {
        TestMachine machine = movSs(MOV_SS, Rules.AMD);
        machine.breakpoint(0, machine.address("next"), AddressBreakpoints.EXECUTION, 1)
                .steps(2);
        assertThat(machine.story()).containsExactly("#DB at next");

        TestMachine held = movSs(MOV_SS, Rules.AMD);
        held.raise(Rflags.TF).step().nmi().steps(3);
        assertThat(held.story()).containsExactly("#DB at after", "NMI at db_handler");
    }

    @Test
    @DisplayName("TP-055: the shadow does not outlast the next instruction")
    void the_shadow_is_one_instruction() {
        TestMachine machine = movSs();
        machine.steps(2).nmi().step();

        assertThat(machine.story()).containsExactly("NMI at after");
    }

    @Test
    @DisplayName("TP-055: before a REP string instruction the shadow lasts one iteration")
    void the_shadow_is_one_iteration() {
        TestMachine machine = movSs("start: 8e d0 ; (mov %eax,%ss)\nagain: f3 aa ; rep stos %al,%es:(%rdi)\n");
        machine.set(Gpr.RCX, 3).set(Gpr.RDI, GuestProgram.DATA).step().nmi().steps(2);

        assertThat(machine.story()).containsExactly("NMI at again");
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(2);
    }

    @Test
    @DisplayName("TP-056: POP SS is #UD in 64-bit mode")
    void pop_ss_is_undefined_in_64_bit_mode() {
        TestMachine machine =
                GuestProgram.kernel("start: 17 ; (pop %ss)\n").boot().step();

        assertThat(machine.story()).containsExactly("#UD at start");
    }

    @Test
    @DisplayName("TP-056: POP SS in compatibility mode holds the NMI")
    void pop_ss_holds_nmi_in_compatibility_mode() {
        TestMachine machine = GuestProgram.kernel("start: 90 ; nop\n")
                .at(0x21_0000, CodeMode.COMPAT32, """
                                pop:   17 ; (pop %ss)
                                next:  90 ; nop
                                after: 90 ; nop
                                """)
                .boot();
        machine.state().segments.load(Segment.CS, GuestProgram.KERNEL_CODE32, 0, 0xffff_ffffL, 0xc09b);
        machine.store(GuestProgram.KERNEL_STACK - 4, GuestProgram.KERNEL_DATA)
                .set(Gpr.RSP, GuestProgram.KERNEL_STACK - 4)
                .changed()
                .jumpTo("pop")
                .step()
                .nmi()
                .steps(2);

        assertThat(machine.story()).containsExactly("NMI at after");
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.KERNEL_CODE32);
    }

    @Test
    @DisplayName("TP-057: LSS casts no shadow")
    void lss_holds_nothing() {
        TestMachine machine = movSs("start: 0f b2 22 ; (lss (%rdx),%esp)\nnext:  90       ; nop\n");
        machine.store(GuestProgram.DATA, 0x4e_0000L | (long) GuestProgram.KERNEL_DATA << 32)
                .step()
                .nmi()
                .step();

        assertThat(machine.story()).containsExactly("NMI at next");
        assertThat(machine.frame(3)).isEqualTo(0x4e_0000);
    }

    @Test
    @DisplayName("TP-058: a fault after MOV SS is delivered and ends the shadow: the NMI comes at its handler")
    void a_fault_ends_the_shadow() {
        TestMachine machine = movSs("start: 8e d0 ; (mov %eax,%ss)\nbad:   0f 0b ; ud2\n");
        machine.raise(Rflags.TF).step().nmi().steps(2);

        assertThat(machine.story()).containsExactly("#UD at bad", "NMI at ud_handler");
    }

    @Test
    @DisplayName("TP-059: a MOV SS that faults casts no shadow")
    void a_faulting_mov_ss_holds_nothing() {
        TestMachine machine = movSs();
        machine.set(Gpr.RAX, 0xfff8).step().nmi().step();

        assertThat(machine.story()).containsExactly("#GP(0xfff8) at start", "NMI at gp_handler");
    }

    @ParameterizedTest
    @ValueSource(longs = {GuestProgram.KERNEL_DATA, 0})
    @DisplayName("TP-059: one that loads the same value, or a legal null selector, does")
    void any_successful_mov_ss_holds(long selector) {
        TestMachine machine = movSs();
        machine.set(Gpr.RAX, selector).step().nmi().steps(2);

        assertThat(machine.story()).containsExactly("NMI at after");
    }

    @ParameterizedTest
    @CsvSource({"false, second", "true, end"})
    @DisplayName("TP-060: of consecutive MOV SS only the first casts a shadow, or each, as mov-ss-chains says")
    void chains(boolean chains, String deliveredAt) {
        TestMachine machine = GuestProgram.kernel("""
                        start:  8e d0 ; (mov %eax,%ss)
                        first:  8e d0 ; (mov %eax,%ss)
                        second: 8e d0 ; (mov %eax,%ss)
                        third:  90    ; nop
                        end:    90    ; nop
                        """)
                .rules(Rules.INTEL.with("mov-ss-chains", "" + chains))
                .boot();
        machine.set(Gpr.RAX, GuestProgram.KERNEL_DATA).step().nmi().at("nmi_handler");

        assertThat(machine.story()).containsExactly("NMI at " + deliveredAt);
    }

    @Test
    @DisplayName("TP-061: the single step of MOV SS is dropped, not deferred")
    void the_single_step_of_mov_ss_is_dropped() {
        TestMachine machine = movSs();
        machine.raise(Rflags.TF).at("end").steps(2);

        assertThat(machine.story()).containsExactly("#DB at after", "iret to after", "#DB at end", "iret to end");
    }

    @Test
    @DisplayName("TP-061: it is not kept for the handler of an INT n that follows either")
    void the_single_step_of_mov_ss_does_not_follow_into_a_handler() {
        TestMachine machine = movSs("""
                                start: 8e d0 ; (mov %eax,%ss)
                                int:   cd 30 ; int $0x30
                                after: 90    ; nop
                                end:   90    ; nop
                                """);
        machine.raise(Rflags.TF).steps(5);

        assertThat(machine.story()).containsExactly("int 0x30 at after", "iret to after", "#DB at end");
    }

    private static final String WATCHED = "start: 8e 12 ; (mov (%rdx),%ss)\n";

    private static TestMachine watched(String nextLines) {
        TestMachine machine = movSs(WATCHED + nextLines);
        return machine.breakpoint(3, GuestProgram.DATA, AddressBreakpoints.ANY_DATA, 2);
    }

    @Test
    @DisplayName("TP-062: a data breakpoint of MOV SS is deferred until after the next instruction")
    void a_data_breakpoint_is_deferred() {
        TestMachine machine = watched("next:  90 ; nop\nafter: 90 ; nop\n");
        machine.steps(3);

        assertThat(machine.story()).containsExactly("#DB at after");
        assertThat(machine.state().dr6 & (15 | Control.DR6_BS)).isEqualTo(8);
    }

    /** What may follow the MOV SS, and how the deferred #DB then shows. */
    static Stream<Arguments> followers() {
        return Stream.of(
                arguments(
                        "int:   cd 30 ; int $0x30\nafter: 90    ; nop\n",
                        "int 0x30 at after",
                        "#DB at int_0x30_handler"),
                arguments("int:   cc ; int3\nafter: 90 ; nop\n", "int 0x3 at after", "#DB at bp_handler"),
                arguments("int:   cd 01 ; int $0x1\nafter: 90    ; nop\n", "int 0x1 at after", "#DB at db_handler"));
    }

    @ParameterizedTest
    @MethodSource("followers")
    @DisplayName("TP-063: after MOV SS and INT n or INT3 the deferred #DB comes at the handler's first instruction")
    void a_deferred_breakpoint_follows_into_the_kernel(String next, String first, String second) {
        TestMachine machine = watched(next);
        machine.steps(3);

        assertThat(machine.story()).containsExactly(first, second);
    }

    @Test
    @DisplayName("TP-063: after INT1 there is one run of the #DB handler, not two")
    void int1_absorbs_the_deferred_breakpoint() {
        TestMachine machine = watched("int:   f1 ; int1\nafter: 90 ; nop\n");
        machine.at("after");

        assertThat(machine.story()).containsExactly("int1 at after", "iret to after");
    }

    @Test
    @DisplayName("TP-063: a following fault drops the deferred #DB")
    void a_fault_drops_the_deferred_breakpoint() {
        TestMachine machine = watched("bad: 0f 0b ; ud2\n");
        machine.steps(3);

        assertThat(machine.story()).containsExactly("#UD at bad", "iret to bad");
    }

    @Test
    @DisplayName("TP-063: after SYSCALL the #DB finds kernel CS, user RSP and user GS")
    void a_deferred_breakpoint_follows_through_syscall() {
        TestMachine machine = GuestProgram.kernel("entry: 0f 01 f8 ; (swapgs)\n")
                .user("user: 8e 12 ; (mov (%rdx),%ss)\ncall: 0f 05 ; syscall\n")
                .boot();
        machine.state().lstar = machine.address("entry");
        machine.state().segments.base[Segment.GS] = 0x1234;
        machine.enterUser()
                .set(Gpr.RDX, GuestProgram.USER_DATA)
                .store(GuestProgram.USER_DATA, GuestProgram.USER_STACK_SEGMENT)
                .breakpoint(0, GuestProgram.USER_DATA, AddressBreakpoints.ANY_DATA, 2)
                .steps(3);

        assertThat(machine.story()).containsExactly("#DB at entry");
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.KERNEL_CODE);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.USER_STACK);
        assertThat(machine.state().segments.base[Segment.GS]).isEqualTo(0x1234);
    }

    @Test
    @DisplayName("TP-064: MOV SS does not suppress the general-detect #DB of a following MOV DR")
    void general_detect_is_a_fault() {
        TestMachine machine = movSs("start:    8e d0    ; (mov %eax,%ss)\ndetected: 0f 23 c0 ; mov %rax,%db0\n");
        machine.state().dr7 |= Control.DR7_GD;
        machine.changed().steps(2);

        assertThat(machine.story()).containsExactly("#DB at detected");
        assertThat(machine.state().dr6 & Control.DR6_BD).isEqualTo(Control.DR6_BD);
    }

    @Test
    @DisplayName("TP-065: MOV SS; HLT with an NMI waiting: HLT executes and is woken")
    void the_shadow_does_not_keep_hlt_asleep() {
        TestMachine machine = movSs("""
                        start: 8e d0 ; (mov %eax,%ss)
                        halt:  f4    ; hlt
                        next:  90    ; nop
                        """);
        machine.step().nmi().steps(2);

        assertThat(machine.story()).containsExactly("woken", "NMI at next");
    }

    private static final String STI = """
            start: fb ; sti
            next:  90 ; nop
            after: 90 ; nop
            """;

    private static TestMachine sti() {
        return GuestProgram.kernel(STI).boot();
    }

    @Test
    @DisplayName("TP-066: STI that sets IF holds INTR for one boundary")
    void sti_holds_intr() {
        TestMachine machine = sti().interrupt(0x40).steps(3);

        assertThat(machine.story()).containsExactly("interrupt 0x40 at after");
    }

    @Test
    @DisplayName("TP-067: STI with IF set already casts no shadow")
    void a_second_sti_holds_nothing() {
        TestMachine machine = sti().raise(Rflags.IF).step().interrupt(0x40).step();

        assertThat(machine.story()).containsExactly("interrupt 0x40 at next");
    }

    @Test
    @DisplayName("TP-067: between and after STI; CLI no interrupt is taken")
    void sti_cli_lets_nothing_in() {
        TestMachine machine = GuestProgram.kernel("""
                                        start: fb ; sti
                                        next:  fa ; cli
                                        after: 90 ; nop
                                        end:   90 ; nop
                                        """).boot().interrupt(0x40).steps(4);

        assertThat(machine.story()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true, after", "false, next"})
    @DisplayName("TP-068: whether the STI shadow holds an NMI is a rule; by default it does")
    void sti_and_nmi(boolean holds, String deliveredAt) {
        TestMachine machine = GuestProgram.kernel(STI)
                .rules(Rules.INTEL.with("sti-shadow-holds-nmi", "" + holds))
                .boot();
        machine.step().nmi().at("nmi_handler");

        assertThat(machine.story()).containsExactly("NMI at " + deliveredAt);
        assertThat(Rules.INTEL.stiShadowHoldsNmi()).isTrue();
    }

    @Test
    @DisplayName("TP-068: the MOV SS shadow holds an NMI under either rule")
    void mov_ss_holds_nmi_under_either_rule() {
        TestMachine machine = GuestProgram.kernel(MOV_SS)
                .rules(Rules.INTEL.with("sti-shadow-holds-nmi", "false"))
                .boot();
        machine.set(Gpr.RAX, GuestProgram.KERNEL_DATA).step().nmi().at("nmi_handler");

        assertThat(machine.story()).containsExactly("NMI at after");
    }

    @Test
    @DisplayName("TP-069: the STI shadow does not suppress a single step")
    void sti_does_not_hold_db() {
        TestMachine machine = sti().raise(Rflags.TF).steps(2);

        assertThat(machine.story()).containsExactly("#DB at next");
    }

    @Test
    @DisplayName("TP-070: POPF that sets IF casts no shadow")
    void popf_holds_nothing() {
        TestMachine machine =
                GuestProgram.kernel("start: 9d ; popf\nnext:  90 ; nop\n").boot();
        machine.set(Gpr.RSP, GuestProgram.DATA)
                .store(GuestProgram.DATA, Rflags.FIXED | Rflags.IF)
                .interrupt(0x40)
                .steps(2);

        assertThat(machine.story()).containsExactly("interrupt 0x40 at next");
    }

    @Test
    @DisplayName("TP-070: nor does IRET")
    void iret_holds_nothing() {
        TestMachine machine = GuestProgram.kernel("start: cd 30 ; int $0x30\nnext:  90    ; nop\n")
                .boot()
                .raise(Rflags.IF);
        machine.step().interrupt(0x40).steps(2);

        assertThat(machine.story()).containsExactly("int 0x30 at next", "iret to next", "interrupt 0x40 at next");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fb ; sti", "fa ; cli"})
    @DisplayName("TP-071: STI and CLI with CPL > IOPL are #GP(0) and change nothing")
    void flags_of_interrupts_are_privileged(String instruction) {
        TestMachine machine = GuestProgram.kernel("start: 90 ; nop\n")
                .user("user: " + instruction + "\n")
                .boot();
        machine.enterUser().raise(Rflags.IF).step();

        assertThat(machine.story()).containsExactly("#GP(0x0) at user");
        assertThat(machine.frame(2) & Rflags.IF).isEqualTo(Rflags.IF);

        TestMachine permitted = GuestProgram.kernel("start: 90 ; nop\n")
                .user("user: " + instruction + "\nnext: 90 ; nop\n")
                .boot();
        permitted.enterUser().raise(Rflags.IOPL).step();
        assertThat(permitted.place()).isEqualTo("next");
    }

    @Test
    @DisplayName("TP-072: a delivery ends the shadow, and IRET does not bring it back")
    void a_delivery_ends_the_shadow() {
        TestMachine machine = sti();
        machine.raise(Rflags.TF).interrupt(0x40).steps(4);

        assertThat(machine.story()).containsExactly("#DB at next", "iret to next", "interrupt 0x40 at next");
        assertThat(machine.log().count(DB)).isEqualTo(1);
        assertThat(machine.log().count(NMI)).isZero();
    }
}
