package io.github.nmi64.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.machine.Machine;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeasuredLoopTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int STEPS = 1_000_000;

    /** Steps before the first round, in each round, and after the last (RET and OUT). */
    @ParameterizedTest
    @CsvSource({"alu, 4, 16", "memory, 0, 8196", "call, 2, 69", "int3, 13, 6"})
    void a_loop_makes_the_steps_its_source_says(String loop, int before, int each) {
        Machine machine = MeasuredLoop.machine(loop, 10);

        assertThat(machine.run(Long.MAX_VALUE, STEPS)).isEqualTo(Outcome.EXIT);
        assertThat(machine.core().clock.now).isEqualTo(before + 10 * each + 2);
    }

    /**
     * What a step may allocate once everything is decoded: nothing, but for the record that tells the sink of a delivery,
     * which the compiler removes where it can and which takes less than 100 bytes where it cannot.
     */
    @ParameterizedTest
    @CsvSource({"alu, 0", "memory, 0", "call, 0", "mixed, 0", "int3, 100"})
    void steps_do_not_allocate(String loop, int bytesPerStep) {
        Machine machine = MeasuredLoop.machine(loop, Long.MAX_VALUE);
        machine.run(Long.MAX_VALUE, STEPS);
        long thread = Thread.currentThread().getId();

        long before = THREADS.getThreadAllocatedBytes(thread);
        Outcome outcome = machine.run(Long.MAX_VALUE, 2L * STEPS);
        long allocated = THREADS.getThreadAllocatedBytes(thread) - before;

        assertThat(outcome).isEqualTo(Outcome.LIMIT);
        assertThat(allocated).isLessThan(10_000 + (long) bytesPerStep * STEPS);
    }
}
