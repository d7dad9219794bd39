package io.github.nmi64.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.AddressBreakpoints;
import io.github.nmi64.core.Core;
import io.github.nmi64.cpu.Arrivals;
import io.github.nmi64.cpu.EventInputs;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A snapshot is everything: what happens after it does not depend on what happened in the machine before. */
class MachineSnapshotTest {
    private static final int STEPS = 60;

    /** Touches every part of the state: shadows, repetition, stepping, breakpoints, devices, paging, page tables. */
    private static final GuestProgram PROGRAM =
            GuestProgram.kernel("""
                    b0 41          ; mov $0x41,%al
                    e6 e9          ; (out to the console)
                    ba fb 03 00 00 ; mov $0x3fb,%edx
                    b0 83          ; mov $0x83,%al
                    ee             ; (out to the line control register)
                    ec             ; (in)
                    fa             ; cli
                    fb             ; sti
                    8e d1          ; mov %ecx,%ss
                    90             ; nop
                    b9 05 00 00 00 ; mov $0x5,%ecx
                    f3 48 ab       ; rep stos
                    cd 30          ; int $0x30
                    9c             ; pushf
                    9d             ; popf
                    0f 0b          ; ud2
                    """).handler(Vector.UD, "48 83 04 24 02 ; (addq $2,(%rsp))\n48 cf ; iretq");

    private static TestMachine prepared() {
        TestMachine machine = PROGRAM.boot();
        machine.set(Gpr.RCX, GuestProgram.KERNEL_DATA).set(Gpr.RDI, GuestProgram.DATA);
        machine.breakpoint(3, GuestProgram.DATA + 24, AddressBreakpoints.WRITES, 8);
        return machine.raise(Rflags.IF | Rflags.TF).interrupt(0x55);
    }

    /** What the machine does in so many steps, NMIs at some of them; then everything it holds. */
    private static List<String> future(TestMachine machine, int from) {
        machine.log().clear();
        for (int i = from; i < STEPS; i++) {
            stepWithEvents(machine, i);
        }
        List<String> future = new ArrayList<>(machine.log().exact());
        future.add(new String(machine.machine().ports().console().bytes(), StandardCharsets.UTF_8));
        future.add(machine.state().rip + " " + machine.state().dr6 + " " + machine.state().interrupts.nmiBlocked);
        machine.machine().memory().hash().keep(true);
        future.add(machine.machine().memory().hash().low() + " "
                + machine.machine().memory().hash().high());
        machine.machine().memory().hash().keep(false);
        return future;
    }

    private static void stepWithEvents(TestMachine machine, int i) {
        if (i % 7 == 3) {
            machine.nmi();
        }
        machine.machine().cpu().step();
    }

    @Test
    void from_any_step_a_restored_machine_has_the_same_future_whatever_it_did_before() {
        TestMachine origin = prepared();
        TestMachine other = prepared();
        for (int i = 0; i < STEPS; i++) {
            Machine.Snapshot snapshot = origin.machine().snapshot();
            List<String> expected = future(origin, i);

            other.machine().restore(snapshot);
            assertThat(future(other, i)).as("restored elsewhere at step " + i).isEqualTo(expected);
            origin.machine().restore(snapshot);
            assertThat(future(origin, i)).as("restored at home at step " + i).isEqualTo(expected);

            origin.machine().restore(snapshot);
            stepWithEvents(origin, i);
        }
        assertThat(origin.log().exact()).isNotEmpty();
    }

    @Test
    void two_machines_with_one_past_write_their_own_pages() {
        TestMachine one = prepared();
        TestMachine other = prepared();
        other.machine().restore(one.machine().snapshot());

        one.store(GuestProgram.DATA, 1);
        other.store(GuestProgram.DATA, 2);
        one.store(GuestProgram.USER_DATA, 3);

        assertThat(one.load(GuestProgram.DATA)).isEqualTo(1);
        assertThat(other.load(GuestProgram.DATA)).isEqualTo(2);
        assertThat(other.load(GuestProgram.USER_DATA)).isZero();
    }

    @Test
    void arrivals_are_asked_anew_after_a_restore() {
        TestMachine machine = GuestProgram.kernel("eb fe").boot();
        machine.machine().cpu().arrivals(new Arrivals() {
            @Override
            public void atBoundary(Core core, EventInputs inputs) {
                if (core.clock.now == 50) {
                    inputs.pulseNmi();
                }
            }

            @Override
            public long due(Core core) {
                return core.clock.now < 50 ? 50 : Long.MAX_VALUE;
            }
        });
        machine.changed().steps(10);
        Machine.Snapshot snapshot = machine.machine().snapshot();

        for (int round = 1; round <= 2; round++) {
            machine.steps(70);
            assertThat(machine.log().count(Vector.NMI)).isEqualTo(round);
            machine.machine().restore(snapshot);
        }
    }
}
