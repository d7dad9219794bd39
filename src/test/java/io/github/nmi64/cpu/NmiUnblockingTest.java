package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.NMI;
import static io.github.nmi64.isa.Vector.PF;
import static io.github.nmi64.isa.Vector.UD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.core.Rules;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ends NMI blocking, and what does not: docs/rules.md, A, TP-009 to TP-020. */
class NmiUnblockingTest {
    private static final String PROGRAM = """
            start:  90 ; nop
            target: 90 ; nop
            end:    f4 ; hlt
            """;

    private static final String HANDLER = """
            first: 90    ; nop
            leave: 48 cf ; iretq
            """;

    /** Inside the NMI handler, at {@code leave}, with a second NMI latched. */
    private static TestMachine atLeave(GuestProgram program) {
        return program.boot().nmi().at("leave").nmi();
    }

    private static GuestProgram program() {
        return GuestProgram.kernel(PROGRAM).handler(NMI, HANDLER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cc    ; int3",
                "cd 30 ; int $0x30",
                "f1    ; int1",
                "0f 0b ; ud2",
                "8b 03 ; mov (%rbx),%eax",
            })
    @DisplayName(
            "TP-009, TP-017: an event in the NMI handler does not unblock, but its IRET does, and the NMI nests there")
    void the_iret_of_a_nested_event_unblocks(String instruction) {
        String returnPastIt = "83 04 24 02 ; addl $0x2,(%rsp)\n48 cf       ; iretq\n";
        TestMachine machine = GuestProgram.kernel(PROGRAM)
                .handler(NMI, "first: " + instruction + "\nresumed: 90 ; nop\n 48 cf ; iretq\n")
                .handler(UD, returnPastIt)
                .handler(PF, "48 83 c4 08 ; add $0x8,%rsp\n" + returnPastIt)
                .boot()
                .set(Gpr.RBX, 0x7000_0000L);
        machine.nmi().step().nmi().step();

        assertThat(machine.blocked()).as("inside the nested handler").isTrue();
        assertThat(machine.latched()).isTrue();
        machine.at("resumed");

        assertThat(machine.blocked()).isFalse();
        machine.step();
        assertThat(machine.story()).endsWith("iret to resumed", "NMI at resumed");
        assertThat(machine.log().count(NMI)).isEqualTo(2);
    }

    @Test
    @DisplayName("TP-009: the IRET of an interrupt taken inside the handler unblocks too")
    void the_iret_of_a_maskable_interrupt_unblocks() {
        TestMachine machine = GuestProgram.kernel(PROGRAM).handler(NMI, """
                        first: fb ; sti
                        open:  90 ; nop
                        there: 90 ; nop
                        """).boot();
        machine.nmi().step().nmi().interrupt(0x40).at("int_0x40_handler");
        assertThat(machine.blocked()).isTrue();

        machine.steps(2);
        assertThat(machine.story())
                .containsExactly("NMI at start", "interrupt 0x40 at there", "iret to there", "NMI at there");
    }

    /** Every way a frame can be bad, with the error code of the #GP, #NP or #SS it gives. */
    static Stream<Arguments> badFrames() {
        List<Arguments> all = new ArrayList<>();
        for (long flags : new long[] {Rflags.FIXED, Rflags.FIXED | Rflags.NT}) {
            for (String cs : new String[] {"null", "data", "beyond", "absent", "good"}) {
                for (String ss : new String[] {"good", "code", "absent"}) {
                    for (String rip : new String[] {"good", "non-canonical"}) {
                        boolean bad = flags != Rflags.FIXED || !(cs + ss + rip).equals("goodgoodgood");
                        if (bad) {
                            all.add(arguments(flags != Rflags.FIXED, cs, ss, rip));
                        }
                    }
                }
            }
        }
        return all.stream();
    }

    private static final int ABSENT_CODE = GuestProgram.FREE_SELECTOR;
    private static final int ABSENT_STACK = GuestProgram.FREE_SELECTOR + 8;

    private static long selector(String what, boolean code) {
        return switch (what) {
            case "null" -> 0;
            case "data" -> GuestProgram.KERNEL_DATA;
            case "code" -> GuestProgram.KERNEL_CODE;
            case "beyond" -> 0xfff8;
            case "absent" -> code ? ABSENT_CODE : ABSENT_STACK;
            default -> code ? GuestProgram.KERNEL_CODE : GuestProgram.KERNEL_DATA;
        };
    }

    @ParameterizedTest(name = "NT={0} CS {1}, SS {2}, RIP {3}")
    @MethodSource("badFrames")
    @DisplayName("TP-010: an IRET that faults unblocks before the fault handler is entered")
    void a_faulting_iret_unblocks(boolean nestedTask, String cs, String ss, String rip) {
        TestMachine machine = atLeave(program());
        machine.descriptor(ABSENT_CODE, 0x00af_1b00_0000_ffffL).descriptor(ABSENT_STACK, 0x00cf_1300_0000_ffffL);
        long frame = machine.reg(Gpr.RSP);
        machine.store(frame, rip.equals("good") ? machine.address("target") : 0x8000_0000_0000L)
                .store(frame + 8, selector(cs, true))
                .store(frame + 32, selector(ss, false));
        machine.raise(nestedTask ? Rflags.NT : 0).step();

        assertThat(machine.story()).hasSize(2);
        assertThat(machine.story().get(1)).matches("#(GP|NP|SS)\\(0x[0-9a-f]+\\) at leave");
        assertThat(machine.last().fromRsp()).as("RSP is as before the IRET").isEqualTo(frame);
        assertThat(machine.last().fromRflags() & Rflags.RF).isEqualTo(Rflags.RF);
        assertThat(machine.blocked()).isFalse();
        long handler = machine.state().rip;

        machine.step();
        assertThat(machine.last().vector()).isEqualTo(NMI);
        assertThat(machine.last().fromRip())
                .as("first instruction of the fault handler")
                .isEqualTo(handler);
    }

    @Test
    @DisplayName("TP-010: #GP(0) for a null CS, then the NMI at the #GP handler, in that order")
    void null_cs_then_nmi() {
        TestMachine machine = atLeave(program());
        machine.store(machine.reg(Gpr.RSP) + 8, 0).steps(2);

        assertThat(machine.story()).containsExactly("NMI at start", "#GP(0x0) at leave", "NMI at gp_handler");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("TP-010: without a faulting IRET's fault there is a switch: unblock-at-iret-start")
    void unblocking_can_wait_for_success(boolean atStart) {
        TestMachine machine = atLeave(program().rules(Rules.INTEL.with("unblock-at-iret-start", "" + atStart)));
        machine.store(machine.reg(Gpr.RSP) + 8, 0).steps(2);

        assertThat(machine.log().count(NMI)).isEqualTo(atStart ? 2 : 1);
        assertThat(machine.place()).isEqualTo(atStart ? "first" : "gp_handler+4");

        TestMachine good = atLeave(program().rules(Rules.INTEL.with("unblock-at-iret-start", "" + atStart)));
        good.steps(2);
        assertThat(good.story()).endsWith("iret to start", "NMI at start");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 16, 24, 32})
    @DisplayName("TP-011: the same for a page fault on the IRET's own stack read, in whichever slot")
    void a_page_fault_of_iret_unblocks(int slotsBefore) {
        TestMachine machine = atLeave(program());
        long page = 0x48_0000;
        long frame = page - slotsBefore;
        machine.withdraw(page, 1).set(Gpr.RSP, frame).steps(2);

        assertThat(machine.story()).containsExactly("NMI at start", "#PF(0x0) at leave", "NMI at pf_handler");
        assertThat(machine.log().deliveries().get(1).fromRsp()).isEqualTo(frame);
        assertThat(machine.state().cr2).isEqualTo(page);
    }

    /** Ways for an IRET never to execute, and the event each gives. */
    static Stream<Arguments> undecodedIrets() {
        return Stream.of(
                arguments("f0 48 cf ; (lock iretq)", "#UD"),
                arguments("66 ".repeat(14) + "48 cf ; (16 bytes)", "#GP(0x0)"));
    }

    @ParameterizedTest
    @MethodSource("undecodedIrets")
    @DisplayName("TP-012: an IRET that does not decode does not unblock; the fault handler's IRET does")
    void an_undecodable_iret_does_not_unblock(String bytes, String event) {
        TestMachine machine = GuestProgram.kernel(PROGRAM)
                .handler(NMI, "first: 90 ; nop\nleave: " + bytes + "\n")
                .boot();
        machine.nmi().at("leave").nmi().step();

        assertThat(machine.story()).endsWith(event + " at leave");
        assertThat(machine.blocked()).isTrue();
        machine.step();
        assertThat(machine.log().count(NMI)).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-012: nor does one whose fetch faults")
    void an_unfetchable_iret_does_not_unblock() {
        TestMachine machine = atLeave(program().at(0x21_0000, CodeMode.LONG64, "faraway: 48 cf ; iretq\n"));
        machine.withdraw(0x21_0000, 1).jumpTo("faraway").step();

        assertThat(machine.story()).endsWith("#PF(0x10) at faraway");
        assertThat(machine.blocked()).isTrue();
        machine.steps(2);
        assertThat(machine.blocked()).as("the #PF handler's own IRET").isFalse();
        assertThat(machine.story()).endsWith("iret to faraway");
        machine.step();
        assertThat(machine.story()).endsWith("NMI at faraway");
    }

    @Test
    @DisplayName("TP-012: nor does one that a code breakpoint stops")
    void a_code_breakpoint_on_iret_does_not_unblock() {
        TestMachine machine = atLeave(program());
        machine.breakpoint(0, machine.address("leave"), AddressBreakpoints.EXECUTION, 1)
                .step();

        assertThat(machine.story()).endsWith("#DB at leave");
        assertThat(machine.blocked()).isTrue();
        assertThat(machine.latched()).isTrue();
    }

    @Test
    @DisplayName("TP-013: the waiting NMI is delivered at IRET's target before one instruction runs there")
    void the_next_one_comes_at_the_target() {
        TestMachine machine = atLeave(program());
        long frame = machine.reg(Gpr.RSP);
        machine.store(frame, machine.address("target"))
                .store(frame + 16, Rflags.FIXED | Rflags.CF | Rflags.RF | Rflags.DF)
                .store(frame + 24, 0x4f_0008)
                .store(frame + 32, 0);
        machine.steps(2);

        assertThat(machine.story()).containsExactly("NMI at start", "iret to target", "NMI at target");
        assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED | Rflags.CF | Rflags.RF | Rflags.DF);
        assertThat(machine.frame(3)).isEqualTo(0x4f_0008);
        assertThat(machine.frame(4)).isZero();
    }

    @Test
    @DisplayName("TP-013: the same when IRET returns to CPL 3, with user RSP and CS in the frame")
    void the_next_one_comes_at_a_user_target() {
        TestMachine machine = atLeave(program().user("user: 90 ; nop\n"));
        long frame = machine.reg(Gpr.RSP);
        machine.store(frame, GuestProgram.USER)
                .store(frame + 8, GuestProgram.USER_CODE)
                .store(frame + 24, GuestProgram.USER_STACK)
                .store(frame + 32, GuestProgram.USER_STACK_SEGMENT);
        machine.steps(2);

        assertThat(machine.story()).endsWith("iret to user", "NMI at user");
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.USER_CODE);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.USER_STACK);
        assertThat(machine.frame(4)).isEqualTo(GuestProgram.USER_STACK_SEGMENT);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.istTop(1) - 40);
    }

    /** IRET in each operand size, with the frame it pops. */
    static Stream<Arguments> irets() {
        return Stream.of(arguments("48 cf ; iretq", 8), arguments("cf ; iret", 4), arguments("66 cf ; iretw", 2));
    }

    @ParameterizedTest
    @MethodSource("irets")
    @DisplayName("TP-009: IRET of any operand size unblocks")
    void every_operand_size_unblocks(String iret, int size) {
        TestMachine machine = GuestProgram.kernel(PROGRAM)
                .handler(NMI, "first: 90 ; nop\nleave: " + iret + "\n")
                .at(0x9000, CodeMode.LONG64, "low: 90 ; nop\n")
                .boot();
        machine.nmi().at("leave").nmi();
        long[] frame = {0x9000, GuestProgram.KERNEL_CODE, Rflags.FIXED, 0x8000, GuestProgram.KERNEL_DATA};
        for (int slot = 4; slot >= 0; slot--) {
            StringBuilder bytes = new StringBuilder();
            for (int i = 0; i < size; i++) {
                bytes.append("%02x".formatted(frame[slot] >>> 8 * i & 0xff));
            }
            machine.bytes(machine.reg(Gpr.RSP) + (long) slot * size, bytes.toString());
        }
        machine.steps(2);

        assertThat(machine.story()).endsWith("iret to low", "NMI at low");
    }

    /** Instructions that look like a way out of a handler, or like a reset of flags, and are not an IRET. */
    static Stream<String> notIret() {
        return Stream.of(
                "9d       ; popf",
                "fb       ; sti",
                "c3       ; ret",
                "48 cb    ; (lretq)",
                "ff e3    ; jmp *%rbx",
                "ff d3    ; call *%rbx",
                "48 ff 29 ; (rex.W ljmp *(%rcx))",
                "0f 20 c0 ; mov %cr0,%rax",
                "0f 22 c2 ; mov %rdx,%cr0",
                "0f 22 de ; mov %rsi,%cr3",
                "0f 22 e7 ; mov %rdi,%cr4",
                "0f 01 59 20 ; (lidt 0x20(%rcx))",
                "41 0f 00 d8 ; (ltr %r8w)",
                "0f 30    ; wrmsr",
                "f4       ; hlt");
    }

    @ParameterizedTest
    @MethodSource("notIret")
    @DisplayName(
            "TP-014, TP-015: RET, JMP, CALL, POPF, STI, control registers, tables, WRMSR and HLT leave NMIs blocked")
    void nothing_else_unblocks(String instruction) {
        TestMachine machine = GuestProgram.kernel(PROGRAM)
                .handler(NMI, "first: 90 ; nop\nleave: " + instruction + "\n")
                .boot();
        machine.nmi().at("leave").nmi();
        machine.descriptor(0x60, 0x0000_8900_0000_0067L | 0x10_2000L << 16);
        long away = machine.address("target");
        long stack = GuestProgram.KERNEL_STACK - 0x100;
        machine.set(Gpr.RSP, stack).store(stack, away).store(stack + 8, GuestProgram.KERNEL_CODE);
        if (instruction.contains("popf")) {
            machine.store(stack, Rflags.FIXED | Rflags.IF);
        }
        machine.set(Gpr.RBX, away)
                .set(Gpr.RAX, 0)
                .set(Gpr.RCX, instruction.contains("wrmsr") ? 0xc000_0082L : GuestProgram.DATA)
                .set(Gpr.RDX, instruction.contains("wrmsr") ? 0 : machine.state().cr0)
                .set(Gpr.RSI, machine.state().cr3)
                .set(Gpr.RDI, machine.state().cr4)
                .set(Gpr.R8, 0x60)
                .store(GuestProgram.DATA, away)
                .store(GuestProgram.DATA + 8, GuestProgram.KERNEL_CODE)
                .store(GuestProgram.DATA + 0x20, machine.state().idtLimit | machine.state().idtBase << 16)
                .store(GuestProgram.DATA + 0x28, machine.state().idtBase >>> 48);
        machine.step();
        assertThat(machine.story()).as("no fault").containsExactly("NMI at start");
        boolean ended = !machine.machine().cpu().step();

        assertThat(ended).isEqualTo(instruction.contains("hlt"));
        assertThat(machine.log().count(NMI)).isEqualTo(1);
        assertThat(machine.blocked()).isTrue();
        assertThat(machine.latched()).isTrue();
    }

    @Test
    @DisplayName("TP-016, TP-020: SYSRET does not unblock; an unrelated IRET at CPL 3 does")
    void sysret_leaves_blocked_and_a_user_iret_unblocks() {
        TestMachine machine = GuestProgram.kernel(PROGRAM)
                .handler(NMI, "first: 90       ; nop\nleave: 48 0f 07 ; (sysretq)\n")
                .user("""
                                user:   90    ; nop
                                return: 48 cf ; iretq
                                back:   90    ; nop
                                """)
                .boot();
        machine.nmi().at("leave").nmi();
        machine.set(Gpr.RCX, GuestProgram.USER).set(Gpr.R11, Rflags.FIXED).step();
        long frame = GuestProgram.USER_STACK - 40;
        machine.set(Gpr.RSP, frame)
                .store(frame, machine.address("back"))
                .store(frame + 8, GuestProgram.USER_CODE)
                .store(frame + 16, Rflags.FIXED)
                .store(frame + 24, GuestProgram.USER_STACK)
                .store(frame + 32, GuestProgram.USER_STACK_SEGMENT);
        machine.step();

        assertThat(machine.state().cpl).isEqualTo(3);
        assertThat(machine.place()).isEqualTo("return");
        assertThat(machine.blocked()).isTrue();

        machine.steps(2);
        assertThat(machine.story()).containsExactly("NMI at start", "iret to back", "NMI at back");
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.USER_CODE);
    }

    @Test
    @DisplayName("TP-016: SYSEXIT does not unblock either")
    void sysexit_leaves_blocked() {
        TestMachine machine = GuestProgram.kernel(PROGRAM)
                .handler(NMI, "first: 90       ; nop\nleave: 48 0f 35 ; (sysexitq)\n")
                .user("user: 90 ; nop\n")
                .boot();
        machine.nmi().at("leave").nmi();
        machine.state().sysenterCs = GuestProgram.KERNEL_CODE;
        machine.set(Gpr.RDX, GuestProgram.USER)
                .set(Gpr.RCX, GuestProgram.USER_STACK)
                .steps(2);

        assertThat(machine.state().cpl).isEqualTo(3);
        assertThat(machine.place()).isEqualTo("user+1");
        assertThat(machine.blocked()).isTrue();
        assertThat(machine.log().count(NMI)).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-017: delivery of #MC inside the handler does not unblock")
    void a_machine_check_does_not_unblock() {
        TestMachine machine = program().cr4(1 << 6).boot();
        machine.nmi().at("leave").nmi().machineCheck().step();

        assertThat(machine.story()).endsWith("#MC at leave");
        assertThat(machine.blocked()).isTrue();
        machine.steps(2);
        assertThat(machine.story()).endsWith("iret to leave", "NMI at leave");
        assertThat(machine.last().vector()).isEqualTo(Vector.NMI);
    }
}
