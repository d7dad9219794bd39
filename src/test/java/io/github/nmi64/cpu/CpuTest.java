package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a run sees of changes made between two runs, and what sinks see of a run. */
class CpuTest {
    /** Stores of instructions and deliveries, if it is asked to note them. */
    private static final class Stores implements TraceSink {
        private final boolean listens;
        private final List<String> seen = new ArrayList<>();

        Stores(boolean listens) {
            this.listens = listens;
        }

        @Override
        public boolean wantsMemory() {
            return listens;
        }

        @Override
        public void memoryWritten(long address, int size, long value) {
            seen.add(Hex.of(address) + " " + size + " " + Hex.of(value));
        }
    }

    private static final String STORES = """
            start: 48 89 03 ; mov %rax,(%rbx)
                   eb fb    ; (jmp start)
            """;

    @Test
    void a_sink_that_asks_is_told_of_stores_and_one_that_does_not_is_not() {
        TestMachine machine = GuestProgram.kernel(STORES).boot();
        Cpu cpu = machine.machine().cpu();
        machine.set(Gpr.RAX, 0x1234).set(Gpr.RBX, GuestProgram.DATA).steps(2);

        Stores stores = new Stores(true);
        cpu.sink(stores);
        machine.steps(2);
        assertThat(stores.seen).containsExactly("0x400000 8 0x1234");

        Stores deaf = new Stores(false);
        cpu.sink(deaf);
        machine.steps(4);
        assertThat(deaf.seen).isEmpty();
        assertThat(stores.seen).hasSize(1);
    }

    @Test
    void the_five_stores_of_a_frame_are_told_from_the_top_down() {
        TestMachine machine = GuestProgram.kernel(STORES).boot();
        Stores stores = new Stores(true);
        machine.machine().cpu().sink(stores);
        machine.nmi().step();

        assertThat(stores.seen)
                .containsExactly(
                        "0x60fff8 8 0x10",
                        "0x60fff0 8 0x500000",
                        "0x60ffe8 8 0x2",
                        "0x60ffe0 8 0x8",
                        "0x60ffd8 8 0x200000");
    }

    @Test
    @DisplayName("TP-218: a run begins with memory as it is, whoever changed page tables since the last")
    void a_page_table_changed_between_two_runs() {
        TestMachine machine = GuestProgram.kernel(STORES).boot();
        Cpu cpu = machine.machine().cpu();
        machine.set(Gpr.RBX, GuestProgram.DATA).steps(2);

        machine.machine().memory().store64(machine.pageEntry(GuestProgram.DATA), 0);
        cpu.begin(Long.MAX_VALUE, Long.MAX_VALUE);
        machine.step();

        assertThat(machine.story()).containsExactly("#PF(0x2) at start");
        assertThat(machine.state().cr2).isEqualTo(GuestProgram.DATA);
    }
}
