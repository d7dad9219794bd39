package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.DF;
import static io.github.nmi64.isa.Vector.GP;
import static io.github.nmi64.isa.Vector.NMI;
import static io.github.nmi64.isa.Vector.UD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.core.Core;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Rflags;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How time passes at boundaries where nothing executes, how runs end there, and what the boundary leaves behind. */
class BoundaryTest {
    private static final long FOREVER = Long.MAX_VALUE;
    private static final long LATER = 1000;

    private static final String HALTS = """
            start: f4 ; hlt
            next:  90 ; nop
            end:   f4 ; hlt
            """;

    /** One event that comes at a cycle, asked for until then. */
    private static final class Once implements Arrivals {
        private final long cycle;
        private final Consumer<EventInputs> event;
        private boolean over;

        Once(long cycle, Consumer<EventInputs> event) {
            this.cycle = cycle;
            this.event = event;
        }

        @Override
        public void atBoundary(Core core, EventInputs inputs) {
            if (!over && core.clock.now >= cycle) {
                over = true;
                event.accept(inputs);
            }
        }

        @Override
        public long due(Core core) {
            return over ? FOREVER : cycle;
        }
    }

    private static TestMachine with(TestMachine machine, Arrivals arrivals) {
        machine.machine().cpu().arrivals(arrivals);
        return machine;
    }

    private static long now(TestMachine machine) {
        return machine.machine().core().clock.now;
    }

    private static Outcome run(TestMachine machine, long maxCycles) {
        return machine.machine().cpu().run(FOREVER, maxCycles);
    }

    // ---- sleep

    @Test
    @DisplayName("TP-042: a halted processor sleeps until the cycle at which an NMI arrives")
    void halted_until_an_nmi() {
        TestMachine machine = with(GuestProgram.kernel(HALTS).boot(), new Once(LATER, EventInputs::pulseNmi));
        machine.steps(3);

        assertThat(machine.story()).containsExactly("woken", "NMI at next");
        assertThat(now(machine)).as("one cycle of the delivery").isEqualTo(LATER + 1);
        machine.run();
        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
        assertThat(machine.place()).isEqualTo("end+1");
    }

    @Test
    @DisplayName("TP-043, TP-044: halted in the NMI handler it sleeps until an interrupt")
    void halted_in_the_handler_until_an_interrupt() {
        TestMachine machine = GuestProgram.kernel(HALTS).handler(NMI, """
                                first:  fb    ; sti
                                sleeps: f4    ; hlt
                                awake:  48 cf ; iretq
                                """).boot();
        with(machine, new Once(LATER, inputs -> inputs.interrupt(0x40))).nmi().run();

        assertThat(machine.story())
                .startsWith("NMI at start", "woken", "interrupt 0x40 at awake", "iret to awake", "iret to start");
        assertThat(now(machine)).isGreaterThan(LATER);
    }

    @Test
    @DisplayName("TP-043: sleep ends at the limit of cycles if that comes first, to the cycle")
    void sleep_ends_at_the_limit() {
        TestMachine machine = with(GuestProgram.kernel(HALTS).boot(), new Once(LATER, EventInputs::pulseNmi));

        assertThat(run(machine, LATER - 1)).isEqualTo(Outcome.LIMIT);
        assertThat(now(machine)).isEqualTo(LATER - 1);
        assertThat(machine.story()).isEmpty();

        assertThat(run(machine, LATER + 1)).isEqualTo(Outcome.LIMIT);
        assertThat(machine.story()).containsExactly("woken", "NMI at next");
    }

    @Test
    @DisplayName("TP-042: an arrival that is overdue is no reason for the clock to go back")
    void the_clock_never_goes_back() {
        TestMachine machine = GuestProgram.kernel("""
                        start: 90 ; nop
                               90 ; nop
                               f4 ; hlt
                        """).boot();
        int[] asked = {0};
        with(machine, new Arrivals() {
            @Override
            public void atBoundary(Core core, EventInputs inputs) {
                asked[0]++;
            }

            @Override
            public long due(Core core) {
                return asked[0] < 6 ? 1 : FOREVER;
            }
        });

        assertThat(run(machine, FOREVER)).isEqualTo(Outcome.HALTED);
        assertThat(now(machine)).isEqualTo(3);
        assertThat(asked[0]).isEqualTo(6);
    }

    // ---- shutdown

    /** A kernel whose #UD finds neither handler nor double-fault handler. */
    private static GuestProgram dying() {
        return GuestProgram.kernel("start: 0f 0b ; ud2\n")
                .rawGate(UD, 0, 0)
                .rawGate(GP, 0, 0)
                .rawGate(DF, 0, 0);
    }

    @Test
    @DisplayName("TP-050: a shutdown lasts until the cycle at which an NMI arrives")
    void shutdown_until_an_nmi() {
        TestMachine machine = with(dying().boot(), new Once(LATER, EventInputs::pulseNmi));
        machine.steps(3);

        assertThat(machine.story()).startsWith("shutdown", "woken");
        assertThat(machine.place()).isEqualTo("nmi_handler");
        assertThat(now(machine)).isEqualTo(LATER + 1);
    }

    @Test
    @DisplayName("TP-051: with NMIs blocked it is over at once, whatever is still to arrive")
    void shutdown_in_the_handler_is_over_at_once() {
        TestMachine machine =
                with(dying().handler(NMI, "first: 0f 0b ; ud2\n").boot(), new Once(LATER, EventInputs::pulseNmi));
        machine.nmi().run();

        assertThat(machine.outcome()).isEqualTo(Outcome.SHUTDOWN);
        assertThat(machine.story()).containsExactly("NMI at start", "shutdown");
        assertThat(now(machine)).isLessThan(LATER);
        assertThat(machine.latched()).isFalse();
    }

    // ---- limits

    @Test
    void a_limit_on_instructions_holds_from_a_running_start_too() {
        TestMachine machine = GuestProgram.kernel("start: eb fe ; jmp\n").boot();
        Cpu cpu = machine.machine().cpu();

        for (long limit : new long[] {3, 4, 10}) {
            assertThat(cpu.run(limit, FOREVER)).isEqualTo(Outcome.LIMIT);
            assertThat(machine.machine().core().retired).isEqualTo(limit);
        }
        assertThat(cpu.run(10, FOREVER)).as("nothing is left").isEqualTo(Outcome.LIMIT);
        assertThat(machine.machine().core().retired).isEqualTo(10);
    }

    @Test
    void the_earlier_of_two_limits_and_an_arrival_counts() {
        TestMachine machine =
                with(GuestProgram.kernel("start: eb fe ; jmp\n").boot(), new Once(20, EventInputs::pulseNmi));
        Cpu cpu = machine.machine().cpu();

        assertThat(cpu.run(15, 10)).isEqualTo(Outcome.LIMIT);
        assertThat(now(machine)).isEqualTo(10);
        assertThat(cpu.run(15, 30)).isEqualTo(Outcome.LIMIT);
        assertThat(machine.machine().core().retired).isEqualTo(15);
        assertThat(machine.story()).isEmpty();
        assertThat(cpu.run(FOREVER, 21)).isEqualTo(Outcome.LIMIT);
        assertThat(machine.story()).containsExactly("NMI at start");
        assertThat(machine.machine().core().retired).isEqualTo(20);
    }

    // ---- what the boundary leaves behind

    @Test
    @DisplayName("TP-048: a run that ends in the shadow of STI leaves no reason to stop at the boundary but sleep")
    void attention_after_the_end() {
        TestMachine machine =
                GuestProgram.kernel("start: fb ; sti\n       f4 ; hlt\n").boot().run();

        assertThat(machine.outcome()).isEqualTo(Outcome.HALTED);
        assertThat(machine.machine().core().attentionAgrees()).isTrue();
    }

    @Test
    @DisplayName(
            "TP-066, TP-170: a code breakpoint in the shadow of STI hits; its handler has IF clear, so the interrupt waits")
    void a_code_breakpoint_in_the_shadow_of_sti() {
        TestMachine machine = GuestProgram.kernel("""
                start: fb ; sti
                next:  90 ; nop
                after: 90 ; nop
                """).boot();
        machine.breakpoint(0, machine.address("next"), AddressBreakpoints.EXECUTION, 1)
                .interrupt(0x40)
                .steps(2);
        assertThat(machine.story()).containsExactly("#DB at next");
        assertThat(machine.machine().core().attentionAgrees()).isTrue();

        machine.steps(2);
        assertThat(machine.story()).containsExactly("#DB at next", "iret to next", "interrupt 0x40 at next");
    }

    @Test
    @DisplayName("TP-170: a code breakpoint names the linear address: RIP and the base of CS in compatibility mode")
    void a_code_breakpoint_counts_from_the_base_of_cs() {
        TestMachine machine = GuestProgram.kernel("start: 90 ; nop\n")
                .at(0x21_0000, CodeMode.COMPAT32, """
                                      90 ; nop
                                here: 90 ; nop
                                      90 ; nop
                                """)
                .boot();
        machine.state().segments.load(Segment.CS, GuestProgram.KERNEL_CODE32, 0x1_0000, 0xffff_ffffL, 0xc09b);
        machine.state().rip = 0x20_0000;
        machine.changed()
                .breakpoint(0, machine.address("here"), AddressBreakpoints.EXECUTION, 1)
                .steps(2);

        assertThat(machine.story()).hasSize(1);
        assertThat(machine.last().vector()).isEqualTo(1);
        assertThat(machine.last().fromRip()).isEqualTo(0x20_0001);
        assertThat(machine.state().dr6 & 15).isEqualTo(1);
    }

    @Test
    @DisplayName("TP-154, TP-164: the boundary uses up RF and takes TF down before the instruction, not behind it")
    void flags_are_taken_before_the_instruction() {
        TestMachine machine =
                GuestProgram.kernel("start: 90 ; nop\nnext:  90 ; nop\n").boot();
        machine.raise(Rflags.RF | Rflags.TF).step();

        assertThat(machine.state().rflags & Rflags.RF).isZero();
        assertThat(machine.state().interrupts.stepping).isTrue();
        assertThat(machine.machine().core().attentionAgrees()).isTrue();
    }

    // ---- several at one boundary

    /** Asks for every boundary and counts those it is shown; may ask the processor to pause at the N-th. */
    private static final class Watcher implements Arrivals {
        private final EventInputs pausing;
        private final long pauseAt;
        private long seen;
        private final Cpu cpu;

        Watcher(TestMachine machine, long pauseAt) {
            this.cpu = machine.machine().cpu();
            this.pausing = cpu.inputs();
            this.pauseAt = pauseAt;
        }

        @Override
        public void atBoundary(Core core, EventInputs inputs) {
            assertThat(inputs).isSameAs(pausing);
            if (++seen == pauseAt) {
                cpu.pause();
            }
        }

        @Override
        public long due(Core core) {
            return FOREVER;
        }

        @Override
        public boolean wantsEveryBoundary() {
            return true;
        }
    }

    @Test
    @DisplayName("who watches boundaries does not take another's arrivals away, nor the other its boundaries")
    void several_watch_a_boundary() {
        TestMachine machine = GuestProgram.kernel(HALTS).boot();
        Watcher watcher = new Watcher(machine, FOREVER);
        machine.machine().cpu().arrivals(new Once(LATER, EventInputs::pulseNmi), watcher);
        machine.steps(3);

        assertThat(machine.story()).containsExactly("woken", "NMI at next");
        assertThat(watcher.seen).isGreaterThanOrEqualTo(3);
    }

    @Test
    @DisplayName("a pause is not the guest's exit: the run goes on from the boundary where it stopped")
    void a_pause_is_no_exit() {
        TestMachine undisturbed = GuestProgram.kernel(HALTS).boot();
        Outcome end = run(undisturbed, FOREVER);
        TestMachine machine = GuestProgram.kernel(HALTS).boot();
        machine.machine().cpu().arrivals(new Watcher(machine, 1));

        assertThat(run(machine, FOREVER)).isEqualTo(Outcome.PAUSED);
        assertThat(run(machine, FOREVER)).isEqualTo(end);
        assertThat(now(machine)).isEqualTo(now(undisturbed));
    }
}
