package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where an NMI's frame goes and what it shows: docs/rules.md, A, TP-021 to TP-026. */
class NmiFrameTest {
    private static final String NOPS = "start: 90 ; nop\nnext:  90 ; nop\n";

    @Test
    @DisplayName("TP-021: an interrupt gate clears IF")
    void an_interrupt_gate_clears_if() {
        TestMachine machine = GuestProgram.kernel(NOPS)
                .boot()
                .raise(Rflags.IF)
                .nmi()
                .interrupt(0x40)
                .steps(2);

        assertThat(machine.story()).containsExactly("NMI at start", "iret to start");
        assertThat(machine.last().fromRflags() & Rflags.IF).isEqualTo(Rflags.IF);
    }

    @Test
    @DisplayName("TP-021: a trap gate leaves IF alone: INTR nests in the handler while NMIs stay blocked")
    void a_trap_gate_keeps_if() {
        TestMachine machine = GuestProgram.kernel(NOPS)
                .trapGate(NMI, 1)
                .handler(NMI, "first:  90    ; nop\nsecond: 48 cf ; iretq\n")
                .boot();
        machine.raise(Rflags.IF).nmi().steps(2).nmi().interrupt(0x40).step();

        assertThat(machine.story()).containsExactly("NMI at start", "interrupt 0x40 at second");
        assertThat(machine.blocked()).isTrue();
        assertThat(machine.latched()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0})
    @DisplayName("TP-022: with an IST a nested NMI overwrites the first frame, without one it goes below")
    void nested_frames(int ist) {
        TestMachine machine = GuestProgram.kernel(NOPS)
                .interruptGate(NMI, ist)
                .handler(NMI, "first:  cd 30 ; int $0x30\nsecond: 48 cf ; iretq\n")
                .boot();
        machine.nmi().step().nmi().at("nmi_handler");
        long outer = machine.log().deliveries().get(0).frame();
        long inner = machine.last().frame();

        assertThat(machine.story()).endsWith("iret to second", "NMI at second");
        assertThat(inner).isEqualTo(ist == 1 ? outer : outer - 48);
        assertThat(machine.load(outer)).isEqualTo(machine.address(ist == 1 ? "second" : "start"));
    }

    @Test
    @DisplayName(
            "TP-023: the frame has RFLAGS as they were; TF, NT and RF are gone in the handler, DF, AC, IOPL and ID stay")
    void flags_in_frame_and_handler() {
        long kept = Rflags.DF | Rflags.AC | Rflags.IOPL | Rflags.ID | Rflags.STATUS;
        long all = kept | Rflags.TF | Rflags.NT | Rflags.RF | Rflags.IF;
        TestMachine machine = GuestProgram.kernel(NOPS).boot().raise(all).nmi().step();

        assertThat(machine.frame(2)).isEqualTo(all | Rflags.FIXED);
        assertThat(machine.state().rflags).isEqualTo(kept | Rflags.FIXED);
    }

    @Test
    @DisplayName("TP-024: RF is 0 in ordinary code and 1 at the target of an IRET that loaded it, for one instruction")
    void rf_in_the_frame() {
        TestMachine machine = GuestProgram.kernel("""
                        start:  48 cf ; iretq
                        target: 90    ; nop
                        next:   90    ; nop
                        """).boot();
        long frame = GuestProgram.KERNEL_STACK - 40;
        machine.set(Gpr.RSP, frame)
                .store(frame, machine.address("target"))
                .store(frame + 8, GuestProgram.KERNEL_CODE)
                .store(frame + 16, Rflags.FIXED | Rflags.RF)
                .store(frame + 24, GuestProgram.KERNEL_STACK)
                .store(frame + 32, GuestProgram.KERNEL_DATA);
        machine.step().nmi().step();
        assertThat(machine.story()).endsWith("NMI at target");
        assertThat(machine.frame(2) & Rflags.RF).isEqualTo(Rflags.RF);

        machine.steps(2).nmi().step();
        assertThat(machine.story()).endsWith("NMI at next");
        assertThat(machine.frame(2) & Rflags.RF).isZero();
    }

    private static final String ENTRY = """
            entry:   0f 01 f8 ; (swapgs)
            inside:  90       ; nop
            leaving: 0f 01 f8 ; (swapgs)
            outside: 48 0f 07 ; (sysretq)
            """;

    private static TestMachine userAtSyscall(int ist) {
        TestMachine machine = GuestProgram.kernel(ENTRY)
                .user("user: 0f 05 ; syscall\nback: 90    ; nop\n")
                .interruptGate(NMI, ist)
                .boot();
        machine.state().lstar = machine.address("entry");
        machine.state().fmask = Rflags.IF | Rflags.DF;
        machine.state().segments.base[Segment.GS] = 0x1111;
        machine.state().kernelGsBase = 0x2222;
        return machine.enterUser().raise(Rflags.IF | Rflags.DF | Rflags.CF);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0})
    @DisplayName(
            "TP-025: at the SYSCALL target the frame has kernel CS, user RSP, masked flags; without IST it is pushed there")
    void the_syscall_gap(int ist) {
        TestMachine machine = userAtSyscall(ist);
        machine.step().nmi().step();

        assertThat(machine.story()).containsExactly("NMI at entry");
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.KERNEL_CODE);
        assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED | Rflags.CF);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.USER_STACK);
        assertThat(machine.frame(4)).isEqualTo(GuestProgram.KERNEL_DATA);
        assertThat(machine.state().segments.base[Segment.GS]).isEqualTo(0x1111);
        long top = ist == 0 ? GuestProgram.USER_STACK : GuestProgram.istTop(ist);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(top - 40);
    }

    @ParameterizedTest(name = "NMI at {0}")
    @CsvSource({
        "user,    3, 0x1111, 0x2222",
        "entry,   0, 0x1111, 0x2222",
        "inside,  0, 0x2222, 0x1111",
        "leaving, 0, 0x2222, 0x1111",
        "outside, 0, 0x1111, 0x2222",
        "back,    3, 0x1111, 0x2222",
    })
    @DisplayName("TP-026: CS.RPL in the frame does not tell the GS state; both bases are exact at each boundary")
    void the_gs_gaps(String place, int rpl, String gs, String kernelGs) {
        TestMachine machine = userAtSyscall(1);
        if (!place.equals("user")) {
            machine.at(place);
        }
        machine.nmi().step();

        assertThat(machine.story()).containsExactly("NMI at " + place);
        assertThat(machine.frame(1) & 3).isEqualTo(rpl);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.USER_STACK);
        assertThat(machine.state().segments.base[Segment.GS]).isEqualTo(Long.decode(gs));
        assertThat(machine.state().kernelGsBase).isEqualTo(Long.decode(kernelGs));
    }
}
