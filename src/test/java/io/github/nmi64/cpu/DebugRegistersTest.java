package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single step and the breakpoint registers (SDM vol. 3, chapter 17). */
class DebugRegistersTest {
    private static final long DATA = GuestProgram.DATA;
    private static final long B0 = 1;
    private static final long B1 = 2;

    private static TestMachine boot(String listing) {
        return GuestProgram.kernel(listing).boot();
    }

    private static long dr6(TestMachine machine) {
        return machine.state().dr6;
    }

    // ---- single step

    @Test
    @DisplayName("TP-164, TP-165: TF counts at the start of an instruction; the trap comes after it, with BS alone")
    void popf_that_sets_tf_traps_after_the_next_instruction() {
        TestMachine machine = boot("""
                        9d ; popf
                first:  90 ; nop
                second: 90 ; nop
                """);
        machine.store(GuestProgram.KERNEL_STACK, Rflags.TF | Rflags.FIXED).steps(3);

        assertThat(machine.story()).containsExactly("#DB at second");
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | Control.DR6_BS);
        assertThat(machine.frame(2)).isEqualTo(Rflags.TF | Rflags.FIXED);
        assertThat(machine.state().rflags).isEqualTo(Rflags.FIXED);
    }

    @Test
    @DisplayName("TP-164: POPF that clears TF traps once more, and the frame shows TF clear")
    void popf_that_clears_tf_traps_once_after_itself() {
        TestMachine machine = boot("""
                       9d ; popf
                next:  90 ; nop
                after: 90 ; nop
                """);
        machine.store(GuestProgram.KERNEL_STACK, Rflags.FIXED).raise(Rflags.TF).steps(2);
        assertThat(machine.story()).containsExactly("#DB at next");
        assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED);

        machine.at("next").at("after");
        assertThat(machine.log().count(Vector.DB)).isOne();
    }

    @Test
    @DisplayName("TP-166: an instruction that faults under TF gives its fault alone; the trap comes when it completes")
    void a_faulting_instruction_is_not_stepped() {
        TestMachine machine = boot("""
                here: 48 8b 01 ; mov (%rcx),%rax
                next: 90       ; nop
                """);
        machine.set(Gpr.RCX, DATA).withdraw(DATA, 1).raise(Rflags.TF).step();
        assertThat(machine.story()).containsExactly("#PF(0x0) at here");
        assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED | Rflags.TF | Rflags.RF);
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET);

        machine.grant(DATA, 1).at("here").at("db_handler");
        assertThat(machine.story()).containsExactly("#PF(0x0) at here", "iret to here", "#DB at next");
    }

    @Test
    @DisplayName("TP-167: one trap for each instruction, at the target of a taken branch")
    void a_taken_branch_traps_at_its_target() {
        TestMachine machine = boot("""
                        eb 01 ; jmp
                        90    ; nop
                target: 90    ; nop
                after:  90    ; nop
                """);
        machine.raise(Rflags.TF).at("db_handler").at("target").at("db_handler").at("after");

        assertThat(machine.story()).containsExactly("#DB at target", "iret to target", "#DB at after", "iret to after");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cd 30", "cc"})
    @DisplayName("TP-135: INT n and INT3 under TF give no trap in their handler; stepping goes on after its IRET")
    void a_software_interrupt_swallows_its_own_trap(String bytes) {
        TestMachine machine = boot("here: " + bytes + "\nnext: 90\nafter: 90");
        machine.raise(Rflags.TF).at("next").at("db_handler").at("after");

        assertThat(machine.frame(2) & Rflags.TF).isEqualTo(Rflags.TF);
        assertThat(machine.story()).hasSize(4).element(1).isEqualTo("iret to next");
        assertThat(machine.story()).endsWith("#DB at after", "iret to after");
    }

    @Test
    @DisplayName("TP-133: INT1 is a trap that sets no bit of DR6")
    void int1_sets_no_status_bit() {
        TestMachine machine = boot("f1\nnext: 90");
        machine.step();

        assertThat(machine.story()).containsExactly("int1 at next");
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET);
    }

    @Test
    @DisplayName("TP-132: INT3 and CD 03 use vector 3 and return behind themselves")
    void both_forms_of_int3_return_behind_themselves() {
        TestMachine machine = boot("cc\nsecond: cd 03\nafter: 90");
        machine.at("second").at("after");

        assertThat(machine.story())
                .containsExactly("int 0x3 at second", "iret to second", "int 0x3 at after", "iret to after");
    }

    @ParameterizedTest
    @CsvSource({"0f 0b", "0f ff c0", "0f b9 c0", "ce", "f0 90"})
    @DisplayName("TP-134, TP-136: UD0, UD1, UD2, INTO in 64-bit mode and LOCK NOP are #UD at themselves")
    void undefined_instructions_fault_at_themselves(String bytes) {
        TestMachine machine = boot("here: " + bytes);
        machine.step();

        assertThat(machine.story()).containsExactly("#UD at here");
    }

    // ---- code breakpoints

    @Test
    @DisplayName("TP-170, TP-181: a code breakpoint is a fault before the instruction, with RF as it was")
    void a_code_breakpoint_is_a_fault_before_the_instruction() {
        TestMachine machine = boot("90\nhere: f3 90\n90");
        machine.breakpoint(1, machine.address("here"), AddressBreakpoints.EXECUTION, 1)
                .steps(2);

        assertThat(machine.story()).containsExactly("#DB at here");
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | B1);
        assertThat(machine.frame(2) & Rflags.RF).isZero();
        assertThat(machine.machine().core().retired).isOne();
    }

    @Test
    @DisplayName("TP-170: only the first byte, prefixes included, is compared")
    void a_code_breakpoint_inside_an_instruction_never_hits() {
        TestMachine machine = boot("f3 90\nnext: 90");
        machine.breakpoint(0, GuestProgram.KERNEL + 1, AddressBreakpoints.EXECUTION, 1)
                .at("next");

        assertThat(machine.story()).isEmpty();
    }

    @Test
    @DisplayName("TP-154, TP-171: RF set by IRET lets one instruction pass and no more, and holds no single step back")
    void rf_lets_one_instruction_pass() {
        TestMachine machine = GuestProgram.kernel("here: 90\nnext: 90\n90")
                .handler(
                        Vector.DB,
                        "f0 81 4c 24 10 00 00 01 00 ; (lock orl $0x10000,0x10(%rsp))\n48 cf                      ; iretq")
                .boot();
        machine.breakpoint(0, machine.address("here"), AddressBreakpoints.EXECUTION, 1)
                .breakpoint(1, machine.address("next"), AddressBreakpoints.EXECUTION, 1)
                .at("here")
                .at("db_handler");

        assertThat(machine.story()).containsExactly("#DB at here", "iret to here", "#DB at next");

        TestMachine stepping = boot("here: 90\nnext: 90");
        stepping.breakpoint(0, stepping.address("here"), AddressBreakpoints.EXECUTION, 1)
                .raise(Rflags.RF | Rflags.TF)
                .at("db_handler");
        assertThat(stepping.story()).containsExactly("#DB at next");
        assertThat(dr6(stepping)).isEqualTo(Control.DR6_RESET | Control.DR6_BS);
    }

    // ---- data breakpoints

    /** Every breakpoint length and alignment against every access size and offset, by plain comparison of bytes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    @DisplayName("TP-172: any byte in common matches, the breakpoint's address being masked to its length")
    void any_byte_in_common_matches(int length) {
        List<String> disagreements = new ArrayList<>();
        TestMachine machine = boot("90");
        for (int at = 0; at < 16; at++) {
            machine.state().dr7 = Control.DR7_RESET;
            machine.breakpoint(0, DATA + 16 + at, AddressBreakpoints.WRITES, length);
            int start = 16 + at & -length;
            for (int size = 1; size <= 8; size *= 2) {
                for (int offset = 0; offset < 40; offset++) {
                    boolean common = offset < start + length && start < offset + size;
                    long matches = AddressBreakpoints.matching(
                            machine.state(), DATA + offset, size, AddressBreakpoints.WRITES);
                    if (matches != (common ? B0 : 0)) {
                        disagreements.add(at + " " + size + " at " + offset);
                    }
                }
            }
        }
        assertThat(disagreements).isEmpty();
    }

    @ParameterizedTest(name = "breakpoint of kind {0}, {1}")
    @CsvSource({
        "1, 48 89 01, true",
        "1, 48 8b 01, false",
        "1, 48 01 01, true",
        "3, 48 89 01, true",
        "3, 48 8b 01, true",
        "0, 48 89 01, false",
        "2, 48 89 01, false"
    })
    @DisplayName("TP-172: writes trap for both kinds, reads for one, after the instruction")
    void data_breakpoints_trap_after_the_access(int kind, String bytes, boolean hits) {
        TestMachine machine = boot("90\n" + bytes + "\nnext: 90\n90");
        machine.breakpoint(0, DATA + 4, kind, kind == 0 ? 1 : 4)
                .set(Gpr.RCX, DATA)
                .steps(3);

        assertThat(machine.story()).isEqualTo(hits ? List.of("#DB at next") : List.of());
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | (hits ? B0 : 0));
    }

    @Test
    @DisplayName(
            "TP-172: a breakpoint set by MOV DR7 in mid-run hits at once, although the page's translation is known")
    void a_breakpoint_set_in_mid_run_hits_at_once() {
        TestMachine machine = boot("""
                        48 89 01 ; mov %rax,(%rcx)
                        48 89 01 ; mov %rax,(%rcx)
                        0f 23 fa ; mov %rdx,%db7
                        48 89 01 ; mov %rax,(%rcx)
                once:   48 89 01 ; mov %rax,(%rcx)
                twice:  48 89 01 ; mov %rax,(%rcx)
                thrice: 0f 23 fb ; mov %rbx,%db7
                        48 89 01 ; mov %rax,(%rcx)
                        90       ; nop
                end:    90       ; nop
                """);
        long elsewhere = DATA + 0x5000; // a page whose translation no table of the delivery displaces
        machine.state().dr[0] = elsewhere;
        machine.set(Gpr.RCX, elsewhere).set(Gpr.RDX, 0xd_0001).at("end");

        assertThat(machine.story())
                .containsExactly(
                        "#DB at once",
                        "iret to once",
                        "#DB at twice",
                        "iret to twice",
                        "#DB at thrice",
                        "iret to thrice");
    }

    @Test
    @DisplayName("TP-173: a hit of an instruction that then faults is not reported, then or later")
    void a_hit_before_a_fault_is_forgotten() {
        TestMachine machine = boot("""
                here: 48 a5 ; movsq
                next: 90    ; nop
                """);
        machine.breakpoint(0, DATA, AddressBreakpoints.ANY_DATA, 8)
                .set(Gpr.RSI, DATA)
                .set(Gpr.RDI, DATA + 0x1000)
                .withdraw(DATA + 0x1000, 1)
                .steps(2);

        assertThat(machine.story()).containsExactly("#PF(0x2) at here");
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("TP-174: I/O breakpoints work with CR4.DE only, and trap after the instruction")
    void port_breakpoints_need_de(boolean extensions) {
        GuestProgram program = GuestProgram.kernel("e4 80 ; (in)\nnext: 90\n90");
        TestMachine machine = (extensions ? program.cr4(Control.CR4_DE) : program).boot();
        machine.breakpoint(2, 0x80, AddressBreakpoints.PORTS, 1).steps(2);

        assertThat(machine.story()).isEqualTo(extensions ? List.of("#DB at next") : List.of());
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | (extensions ? 4 : 0));
    }

    // ---- DR6, DR7

    @Test
    @DisplayName("TP-175: B0 to B3 are rewritten by each #DB, BD and BS stay until software clears them")
    void match_bits_are_rewritten_and_the_others_kept() {
        TestMachine machine = boot("48 89 01\nnext: 90\n90");
        machine.state().dr6 = Control.DR6_RESET | Control.DR6_BD | Control.DR6_BS | 0xe;
        machine.breakpoint(0, DATA, AddressBreakpoints.WRITES, 8)
                .set(Gpr.RCX, DATA)
                .steps(2);

        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | Control.DR6_BD | Control.DR6_BS | B0);
    }

    @Test
    @DisplayName("TP-175, TP-177: DR6 and DR7 at reset, and what of them software can write")
    void fixed_bits_of_dr6_and_dr7() {
        TestMachine machine = boot("0f 23 f0\n0f 23 f8\n0f 21 f1\n0f 21 fa\n90"); // mov to DR6, DR7, back to RCX, RDX
        assertThat(dr6(machine)).isEqualTo(0xffff_0ff0L);
        assertThat(machine.state().dr7).isEqualTo(0x400);
        machine.set(Gpr.RAX, 0xffff_ffffL & ~0x2000).steps(4);

        assertThat(machine.reg(Gpr.RCX)).isEqualTo(0xffff_cfffL & ~0x1000L | 0xc00fL & ~0x2000);
        assertThat(machine.reg(Gpr.RDX) & 0xdc00)
                .as("bit 10 one; 11, 12, 14, 15 zero")
                .isEqualTo(0x400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f 23 f0", "0f 23 f8"})
    @DisplayName("TP-177: a bit above 31 in DR6 or DR7 is #GP(0)")
    void upper_bits_of_dr6_and_dr7_fault(String bytes) {
        TestMachine machine = boot("here: " + bytes);
        machine.set(Gpr.RAX, 1L << 32).step();

        assertThat(machine.story()).containsExactly("#GP(0x0) at here");
    }

    @Test
    @DisplayName("TP-176: a step and a data breakpoint at one boundary are one #DB with both bits")
    void a_step_and_a_hit_are_one_trap() {
        TestMachine machine = boot("48 89 01\nnext: 90");
        machine.breakpoint(0, DATA, AddressBreakpoints.WRITES, 8)
                .set(Gpr.RCX, DATA)
                .raise(Rflags.TF)
                .steps(2);

        assertThat(machine.story()).containsExactly("#DB at next");
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | Control.DR6_BS | B0);
    }

    @Test
    @DisplayName("TP-178, TP-111: general detect faults at any MOV DR, sets BD, has RF in its frame, and is then off")
    void general_detect() {
        TestMachine machine = boot("8e d0 ; mov %eax,%ss\nhere: 0f 21 c1\nnext: 90"); // mov %db0,%rcx, in a shadow
        machine.set(Gpr.RAX, GuestProgram.KERNEL_DATA);
        machine.state().dr7 |= Control.DR7_GD;
        machine.changed().steps(2);

        assertThat(machine.story()).containsExactly("#DB at here");
        assertThat(dr6(machine)).isEqualTo(Control.DR6_RESET | Control.DR6_BD);
        assertThat(machine.frame(2) & Rflags.RF).isEqualTo(Rflags.RF);
        assertThat(machine.state().dr7 & Control.DR7_GD).isZero();
        machine.at("next");
        assertThat(machine.log().count(Vector.DB)).isOne();
    }

    @Test
    @DisplayName("TP-178: every #DB ends general detect, not only its own")
    void every_debug_exception_ends_general_detect() {
        TestMachine machine = boot("90\n90");
        machine.state().dr7 |= Control.DR7_GD;
        machine.raise(Rflags.TF).steps(2);

        assertThat(machine.story()).hasSize(1);
        assertThat(machine.state().dr7 & Control.DR7_GD).isZero();
    }

    @Test
    @DisplayName("TP-179: DR4 and DR5 are DR6 and DR7 without CR4.DE and #UD with it; at CPL 3 all are #GP(0)")
    void aliases_of_dr6_and_dr7() {
        TestMachine machine = boot("0f 21 e1\n0f 21 ea\n90"); // mov %db4,%rcx; mov %db5,%rdx
        machine.steps(2);
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(Control.DR6_RESET);
        assertThat(machine.reg(Gpr.RDX)).isEqualTo(Control.DR7_RESET);

        TestMachine extended =
                GuestProgram.kernel("here: 0f 21 e1").cr4(Control.CR4_DE).boot();
        assertThat(extended.step().story()).containsExactly("#UD at here");
        assertThat(boot("here: 44 0f 21 c1").step().story()).containsExactly("#UD at here");
        TestMachine user =
                GuestProgram.kernel("90").user("here: 0f 21 e1").boot().enterUser();
        assertThat(user.step().story()).containsExactly("#GP(0x0) at here");
    }

    @Test
    @DisplayName("TP-180: a #DB inside the NMI handler unblocks NMIs with its IRET; an NMI may arrive in a #DB handler")
    void debug_exceptions_and_nmis_nest_both_ways() {
        TestMachine machine = GuestProgram.kernel("start: 90\n90")
                .handler(Vector.NMI, "f1\nresumed: 90\n48 cf")
                .boot();
        machine.nmi().steps(2).nmi().steps(2);

        assertThat(machine.story())
                .containsExactly("NMI at start", "int1 at resumed", "iret to resumed", "NMI at resumed");

        TestMachine other = boot("f1\nafter: 90");
        other.step().nmi().step();
        assertThat(other.story()).containsExactly("int1 at after", "NMI at db_handler");
    }
}
