package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds of NMIs whatever else happens, over random interleavings of events. */
class EventPropertiesTest {
    /** What the outside world, or the test's hand, does between two steps. */
    private enum Act {
        STEP,
        PULSE,
        LINE_HIGH,
        LINE_LOW,
        INTERRUPT,
        ENABLE_INTERRUPTS,
        SINGLE_STEP,
        MACHINE_CHECK
    }

    /** Keeps the books of edges; fails at the first delivery or merge that should not be. */
    private static final class Books implements TraceSink {
        private boolean blocked;
        private boolean latched;
        private int edges;
        private int merges;
        private int deliveries;

        @Override
        public void nmiAsserted(CpuState state, long cycle, long retired) {
            edges++;
        }

        @Override
        public void nmiLatched(CpuState state, long cycle, long retired) {
            assertThat(latched).as("an edge is latched only if none is").isFalse();
            latched = true;
        }

        @Override
        public void nmiMerged(CpuState state, long cycle, long retired) {
            assertThat(latched).as("an edge merges only with a latched one").isTrue();
            merges++;
        }

        @Override
        public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
            if (event.vector() == Vector.NMI) {
                assertThat(blocked).as("no NMI is delivered while blocked").isFalse();
                assertThat(latched).as("only what is latched is delivered").isTrue();
                latched = false;
                blocked = true;
                deliveries++;
            }
        }

        @Override
        public void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
            assertThat(unblocks).isEqualTo(blocked);
            blocked = false;
        }
    }

    @Property(seed = "20111208", tries = 400)
    @Label("TP-004, TP-005, TP-006, TP-007, TP-008, TP-009: every edge is delivered, merged or still latched")
    void every_edge_is_delivered_merged_or_still_latched(@ForAll("interleavings") List<Act> acts) {
        TestMachine machine = AllKinds.boot(1);
        Books books = new Books();
        machine.machine().cpu().sink(books);
        int expectedEdges = 0;
        for (Act act : acts) {
            boolean high = machine.state().interrupts.nmiLine;
            expectedEdges += act == Act.PULSE || act == Act.LINE_HIGH && !high ? 1 : 0;
            perform(act, machine);

            assertThat(books.edges).isEqualTo(expectedEdges);
            assertThat(machine.latched()).isEqualTo(books.latched);
            assertThat(machine.blocked()).isEqualTo(books.blocked);
            assertThat(books.deliveries + books.merges + (books.latched ? 1 : 0))
                    .isEqualTo(books.edges);
        }
    }

    private static void perform(Act act, TestMachine machine) {
        switch (act) {
            case STEP -> {
                machine.step();
                if (machine.state().rip == machine.address("end")) {
                    machine.jumpTo("start");
                }
            }
            case PULSE -> machine.nmi();
            case LINE_HIGH -> machine.nmiLine(true);
            case LINE_LOW -> machine.nmiLine(false);
            case INTERRUPT -> machine.interrupt(0x40);
            case ENABLE_INTERRUPTS -> machine.raise(Rflags.IF);
            case SINGLE_STEP -> machine.raise(Rflags.TF);
            case MACHINE_CHECK -> {
                machine.state().cr4 |= 1 << 6;
                machine.state().mcgStatus = 0; // as a handler leaves it: a second one would shut the processor down
                machine.machineCheck();
            }
        }
    }

    @Provide
    Arbitrary<List<Act>> interleavings() {
        return Arbitraries.frequency(
                        Tuple.of(20, Act.STEP),
                        Tuple.of(3, Act.PULSE),
                        Tuple.of(1, Act.LINE_HIGH),
                        Tuple.of(1, Act.LINE_LOW),
                        Tuple.of(1, Act.INTERRUPT),
                        Tuple.of(1, Act.ENABLE_INTERRUPTS),
                        Tuple.of(1, Act.SINGLE_STEP),
                        Tuple.of(1, Act.MACHINE_CHECK))
                .list()
                .ofMinSize(50)
                .ofMaxSize(400);
    }

    @Property(seed = "20111208", tries = 60)
    void restored_and_replayed_the_log_is_the_same(@ForAll("interleavings") List<Act> acts) {
        TestMachine machine = AllKinds.boot(0);
        for (int i = 0; i < acts.size(); i++) {
            if (i % 40 == 0) {
                Machine.Snapshot here = machine.machine().snapshot();
                List<String> first = play(machine, acts.subList(i, acts.size()));
                machine.machine().restore(here);
                assertThat(play(machine, acts.subList(i, acts.size()))).isEqualTo(first);
                machine.machine().restore(here);
            }
            perform(acts.get(i), machine);
        }
    }

    private static List<String> play(TestMachine machine, List<Act> acts) {
        machine.log().clear();
        acts.forEach(act -> perform(act, machine));
        return List.copyOf(machine.log().exact());
    }
}
