package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.DB;
import static io.github.nmi64.isa.Vector.NMI;
import static io.github.nmi64.isa.Vector.PF;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Repeated string instructions and events between their iterations: docs/rules.md, E. */
class RepeatedStringTest {
    private static final long SOURCE = GuestProgram.DATA;
    private static final long DESTINATION = GuestProgram.DATA + 0x1000;

    private static TestMachine repeating(String instruction, long count) {
        return GuestProgram.kernel("start: 90 ; nop\nrep: " + instruction + "\nnext: 90 ; nop\nend:  f4 ; hlt\n")
                .boot()
                .bytes(SOURCE, "11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00")
                .bytes(DESTINATION, "11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00")
                .set(Gpr.RCX, count)
                .set(Gpr.RSI, SOURCE)
                .set(Gpr.RDI, DESTINATION)
                .step();
    }

    /** Bytes each iteration advances RSI and RDI by. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "f3 a4       ; rep movsb       | 1 | 1",
                "f3 48 a5    ; rep movsq       | 8 | 8",
                "26 f3 66 a5 ; (es rep movsw)  | 2 | 2",
                "f3 aa       ; rep stos        | 0 | 1",
                "f3 ac       ; rep lods        | 1 | 0",
                "f3 a6       ; repz cmps       | 1 | 1",
                "f2 ae       ; repnz scas      | 0 | 1",
            })
    @DisplayName("TP-073, TP-074: an NMI after each iteration finds it complete, RIP at the first prefix, and RF = 1")
    void an_nmi_after_each_iteration(String instruction, int source, int destination) {
        int count = 4;
        TestMachine machine = repeating(instruction, count);
        for (int done = 1; done < count; done++) {
            machine.step().nmi().step();

            DeliveredEvent event = machine.last();
            assertThat(event.fromRip()).isEqualTo(machine.address("rep"));
            assertThat(event.fromRflags() & Rflags.RF).isEqualTo(Rflags.RF);
            assertThat(machine.reg(Gpr.RCX)).isEqualTo(count - done);
            assertThat(machine.reg(Gpr.RSI)).isEqualTo(SOURCE + (long) done * source);
            assertThat(machine.reg(Gpr.RDI)).isEqualTo(DESTINATION + (long) done * destination);
            machine.step();
            assertThat(machine.place()).as("after the NMI's IRET").isEqualTo("rep");
        }
        machine.step().nmi().step();

        assertThat(machine.last().fromRip()).isEqualTo(machine.address("next"));
        assertThat(machine.last().fromRflags() & Rflags.RF).isZero();
        assertThat(machine.reg(Gpr.RCX)).isZero();
    }

    @Test
    @DisplayName("TP-073: memory of completed iterations is written, of later ones not")
    void memory_keeps_pace() {
        TestMachine machine = repeating("f3 aa ; rep stos %al,%es:(%rdi)", 3);
        machine.set(Gpr.RAX, 0xee).steps(2).nmi().step();

        assertThat(machine.load(DESTINATION) & 0xff_ffff).isEqualTo(0x33_eeee);
    }

    @Test
    @DisplayName("TP-073: INTR between iterations as well")
    void an_interrupt_between_iterations() {
        TestMachine machine = repeating("f3 aa ; rep stos %al,%es:(%rdi)", 3);
        machine.raise(Rflags.IF).step().interrupt(0x40).step();

        assertThat(machine.story()).containsExactly("interrupt 0x40 at rep");
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TP-074: a code breakpoint on the REP hits once, however often an NMI interrupts the iterations")
    void a_code_breakpoint_hits_once(boolean disturbed) {
        TestMachine machine = GuestProgram.kernel("""
                                        start: 90    ; nop
                                        rep:   f3 aa ; rep stos %al,%es:(%rdi)
                                        next:  90    ; nop
                                        """)
                .handler(DB, "81 4c 24 10 00 00 01 00 ; orl $0x10000,0x10(%rsp)\n48 cf                   ; iretq\n")
                .boot();
        machine.step()
                .set(Gpr.RCX, 4)
                .set(Gpr.RDI, DESTINATION)
                .breakpoint(0, machine.address("rep"), AddressBreakpoints.EXECUTION, 1);
        machine.at("rep"); // the breakpoint's handler has returned
        for (int iteration = 1; iteration <= 4; iteration++) {
            if (disturbed) {
                machine.nmi().steps(2); // delivery and return
            }
            machine.step();
        }

        assertThat(machine.place()).isEqualTo("next");
        assertThat(machine.log().count(DB)).isEqualTo(1);
        assertThat(machine.log().count(NMI)).isEqualTo(disturbed ? 4 : 0);
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(DESTINATION + 4);
    }

    @Test
    @DisplayName("TP-074: entered anew, the REP hits its code breakpoint anew")
    void a_new_entry_hits_again() {
        TestMachine machine = GuestProgram.kernel("rep:  f3 aa ; rep stos %al,%es:(%rdi)\nback: eb fc ; jmp\n")
                .handler(DB, "81 4c 24 10 00 00 01 00 ; orl $0x10000,0x10(%rsp)\n48 cf                   ; iretq\n")
                .boot();
        machine.set(Gpr.RCX, 2)
                .set(Gpr.RDI, DESTINATION)
                .breakpoint(0, machine.address("rep"), AddressBreakpoints.EXECUTION, 1)
                .at("back")
                .at("back");

        assertThat(machine.story()).containsExactly("#DB at rep", "iret to rep", "#DB at rep", "iret to rep");
    }

    @Test
    @DisplayName("TP-074: a snapshot between iterations remembers that RF is due")
    void a_snapshot_between_iterations() {
        TestMachine machine = repeating("f3 aa ; rep stos", 3).step();
        Machine.Snapshot between = machine.machine().snapshot();
        machine.run();
        machine.machine().restore(between);
        machine.nmi().step();

        assertThat(machine.last().fromRip()).isEqualTo(machine.address("rep"));
        assertThat(machine.last().fromRflags() & Rflags.RF).isEqualTo(Rflags.RF);
    }

    @Test
    @DisplayName("TP-075: TF traps after every iteration; RF is set while iterations remain")
    void single_step() {
        TestMachine machine = repeating("f3 aa ; rep stos %al,%es:(%rdi)", 3);
        machine.raise(Rflags.TF);
        List<Long> counts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            machine.at("db_handler");
            counts.add(machine.reg(Gpr.RCX));
        }

        assertThat(counts).containsExactly(2L, 1L, 0L);
        assertThat(machine.story())
                .containsExactly("#DB at rep", "iret to rep", "#DB at rep", "iret to rep", "#DB at next");
        assertThat(machine.log().deliveries())
                .extracting(event -> event.fromRflags() & Rflags.RF)
                .containsExactly(Rflags.RF, Rflags.RF, 0L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f3 aa ; rep stos", "f3 a4 ; rep movsb", "f3 a6 ; repz cmps", "f2 ae ; repnz scas"})
    @DisplayName(
            "TP-076: with RCX = 0 nothing is touched, not even a non-canonical address; it is one step with RF = 0")
    void zero_iterations(String instruction) {
        TestMachine machine = repeating(instruction, 0);
        machine.set(Gpr.RSI, 0x8000_0000_0000L)
                .set(Gpr.RDI, 0x8000_0000_0000L)
                .raise(Rflags.TF | Rflags.ZF)
                .steps(2);

        assertThat(machine.story()).containsExactly("#DB at next");
        assertThat(machine.last().fromRflags() & (Rflags.RF | Rflags.ZF)).isEqualTo(Rflags.ZF);
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(0x8000_0000_0000L);
    }

    @Test
    @DisplayName("TP-077: between iterations the frame shows the flags of the last comparison")
    void flags_between_iterations() {
        TestMachine machine = repeating("f3 a6 ; repz cmpsb %es:(%rdi),%ds:(%rsi)", 4);
        machine.raise(Rflags.CF | Rflags.SF).step().nmi().step();

        assertThat(machine.last().fromRflags() & Rflags.STATUS).isEqualTo(Rflags.ZF | Rflags.PF);
    }

    @ParameterizedTest
    @CsvSource({"f3 a6, 3, 2", "f2 a6, 1, 3", "f3 ae, 1, 3", "f2 ae, 3, 1"})
    @DisplayName("TP-077: a comparison that ends the loop leaves RIP at the next instruction and RF clear")
    void the_flags_end_the_loop(String bytes, int iterations, int left) {
        TestMachine machine = repeating(bytes, iterations + left);
        machine.set(Gpr.RAX, 0x33).bytes(DESTINATION + 2, bytes.endsWith("a6") ? "34" : "33");
        machine.steps(iterations - 1);
        assertThat(machine.place()).isEqualTo("rep");

        machine.step().nmi().step();
        assertThat(machine.story()).containsExactly("NMI at next");
        assertThat(machine.last().fromRflags() & Rflags.RF).isZero();
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(left);
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(DESTINATION + iterations);
    }

    @Test
    @DisplayName("TP-078: a #PF in iteration 3 of REPE CMPS reports the REP with two iterations done")
    void a_fault_in_a_later_comparison() {
        TestMachine machine = repeating("f3 a6 ; repz cmpsb %es:(%rdi),%ds:(%rsi)", 5);
        long page = 0x41_0000;
        machine.set(Gpr.RDI, page - 2)
                .bytes(page - 2, "11 22")
                .withdraw(page, 1)
                .steps(3);

        assertThat(machine.story()).containsExactly("#PF(0x0) at rep");
        assertThat(machine.state().cr2).isEqualTo(page);
        assertThat(machine.last().fromRflags() & Rflags.RF).isEqualTo(Rflags.RF);
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(3);
        assertThat(machine.reg(Gpr.RSI)).isEqualTo(SOURCE + 2);
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(page);

        machine.grant(page, 1).bytes(page, "33 44 55").at("next");
        assertThat(machine.reg(Gpr.RCX)).isZero();
        assertThat(machine.state().rflags & Rflags.ZF).isEqualTo(Rflags.ZF);
    }

    @Test
    @DisplayName("TP-079: a #PF on the destination of MOVS leaves RSI, RDI and RCX of that iteration alone")
    void a_fault_on_the_destination() {
        TestMachine machine = repeating("f3 a4 ; rep movsb %ds:(%rsi),%es:(%rdi)", 5);
        long page = 0x41_0000;
        machine.set(Gpr.RDI, page - 2).withdraw(page, 2).steps(3);

        assertThat(machine.story()).containsExactly("#PF(0x3) at rep");
        assertThat(machine.state().cr2).isEqualTo(page);
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(3);
        assertThat(machine.reg(Gpr.RSI)).isEqualTo(SOURCE + 2);
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(page);
        assertThat(machine.load(page - 2) & 0xffff).isEqualTo(0x2211);
        assertThat(machine.log().count(PF)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"1, rep, 3", "3, next, 0"})
    @DisplayName("TP-080: a data breakpoint traps after the iteration that hit; RF is set if iterations remain")
    void a_data_breakpoint(int offset, String place, int iterationAfter) {
        TestMachine machine = repeating("f3 aa ; rep stos %al,%es:(%rdi)", 4);
        machine.breakpoint(0, DESTINATION + offset, AddressBreakpoints.WRITES, 1)
                .steps(offset + 2);

        assertThat(machine.story()).containsExactly("#DB at " + place);
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(3 - offset);
        assertThat(machine.last().fromRflags() & Rflags.RF).isEqualTo(iterationAfter > 0 ? Rflags.RF : 0);
        assertThat(machine.state().dr6 & 15).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-081: with 67h count and pointers are ECX, ESI and EDI, and are written back zero-extended")
    void address_size_prefix() {
        TestMachine machine = repeating("67 f3 a4 ; (addr32 rep movsb)", 0x5_0000_0002L);
        machine.set(Gpr.RSI, 0x7_0000_0000L | SOURCE)
                .set(Gpr.RDI, 0x9_0000_0000L | DESTINATION + 0x100)
                .step()
                .nmi()
                .step();

        assertThat(machine.story()).containsExactly("NMI at rep");
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(1);
        assertThat(machine.reg(Gpr.RSI)).isEqualTo(SOURCE + 1);
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(DESTINATION + 0x101);
        machine.at("next");
        assertThat(machine.load(DESTINATION + 0x100)).isEqualTo(0x2211);
    }

    // ---- an instruction that overwrites itself

    private static final String BEHIND = "next: ff c2 ; inc %edx\n90\n90\n90\n90\n90\n90\n90\n90\nend: f4 ; hlt\n";

    /** REP STOSB or MOVSB with ten NOPs as its data, whose first two bytes lie where it lies itself. */
    private static TestMachine overwriting(String instruction, long at) {
        TestMachine machine = GuestProgram.kernel("90")
                .at(at, CodeMode.LONG64, "rep: " + instruction + "\n" + BEHIND)
                .boot();
        return machine.jumpTo("rep")
                .bytes(SOURCE, "90".repeat(16))
                .set(Gpr.RAX, 0x90)
                .set(Gpr.RCX, 10)
                .set(Gpr.RSI, SOURCE)
                .set(Gpr.RDI, at);
    }

    /** Within a page, and across two. */
    @ParameterizedTest(name = "{0} at {1}, caches {2}")
    @CsvSource({
        "f3 aa, 0x210000, true",
        "f3 aa, 0x210fff, true",
        "f3 a4, 0x210000, true",
        "f3 a4, 0x210fff, true",
        "f3 aa, 0x210000, false",
        "f3 a4, 0x210fff, false"
    })
    @DisplayName("TP-073, TP-218: a REP that overwrites itself goes on as decoded; what follows is as it now stands")
    void an_overwritten_repetition_goes_on(String instruction, long at, boolean caches) {
        TestMachine machine = overwriting(instruction, at);
        machine.machine().cpu().caching(caches);
        machine.steps(9);
        assertThat(machine.place()).isEqualTo("rep");
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(1);

        machine.step();
        assertThat(machine.place()).isEqualTo("next");
        assertThat(machine.reg(Gpr.RCX)).isZero();
        assertThat(machine.reg(Gpr.RDI)).isEqualTo(at + 10);
        assertThat(machine.machine().core().retired).isOne();

        machine.at("end");
        assertThat(machine.reg(Gpr.RDX)).as("the INC behind it is two NOPs").isZero();
        assertThat(machine.machine().core().retired).isEqualTo(1 + 10);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9})
    @DisplayName(
            "TP-073, TP-161, TP-218: after an interruption the new bytes are fetched, and the count stays as it was")
    void an_interruption_fetches_anew(int iterations) {
        TestMachine machine = overwriting("f3 aa", 0x21_0000);
        machine.steps(iterations).nmi().step();
        assertThat(machine.last().fromRip()).isEqualTo(machine.address("rep"));
        assertThat(machine.last().fromRflags() & Rflags.RF).isEqualTo(Rflags.RF);

        machine.steps(2); // IRETQ, and what has become of the first byte
        assertThat(machine.place()).isEqualTo("rep+1");
        machine.at("end");
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(10 - iterations);
        assertThat(machine.reg(Gpr.RDX)).isEqualTo(iterations < 3 ? 1 : 0);
    }

    @Test
    @DisplayName("TP-075: so does the trap of TF behind the first iteration")
    void a_trap_fetches_anew() {
        TestMachine machine = overwriting("f3 aa", 0x21_0000);
        machine.raise(Rflags.TF).at("next");

        assertThat(machine.reg(Gpr.RCX)).isEqualTo(9);
    }

    @Test
    @DisplayName("TP-079: and a fault of a later iteration, whose handler finds the REP gone")
    void a_fault_fetches_anew() {
        TestMachine machine =
                overwriting("f3 aa", 0x21_0ff8).withdraw(0x21_1000, 1).steps(9);
        assertThat(machine.story()).containsExactly("#PF(0x2) at rep");
        assertThat(machine.reg(Gpr.RCX)).isEqualTo(2);

        machine.steps(3); // the handler's two instructions, and what has become of the first byte
        assertThat(machine.place()).isEqualTo("rep+1");
    }

    @Test
    @DisplayName("TP-218: a snapshot between iterations carries the instruction that is under way, into any machine")
    void a_snapshot_carries_the_instruction() {
        TestMachine machine = overwriting("f3 aa", 0x21_0000).steps(5);
        Machine.Snapshot between = machine.machine().snapshot();
        TestMachine other = overwriting("f3 aa", 0x21_0000);
        other.machine().restore(between);
        for (TestMachine resumed : List.of(machine, other)) {
            resumed.machine().restore(between);
            resumed.at("end");
            assertThat(resumed.reg(Gpr.RCX)).isZero();
        }
    }

    @Test
    @DisplayName("TP-218: a page table entry that goes during the repetition does not stop it either")
    void nothing_is_translated_between_iterations() {
        TestMachine machine = overwriting("f3 aa", 0x21_0000);
        machine.set(Gpr.RDI, DESTINATION).step().withdraw(0x21_0000, 1).steps(9);

        assertThat(machine.story()).isEmpty();
        assertThat(machine.reg(Gpr.RCX)).isZero();
        machine.step();
        assertThat(machine.story()).containsExactly("#PF(0x10) at next");
    }
}
