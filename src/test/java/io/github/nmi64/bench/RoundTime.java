package io.github.nmi64.bench;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.machine.Machine;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * Prints nanoseconds of processor time per round of a loop, for comparison with another emulator that runs the same code
 * ({@code scripts/bochs/compare.sh}). Arguments: the loop, rounds per repetition, repetitions; the median is printed.
 */
public final class RoundTime {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private RoundTime() {}

    public static void main(String[] arguments) {
        String loop = arguments[0];
        long rounds = Long.parseLong(arguments[1]);
        double[] times = new double[Integer.parseInt(arguments[2])];
        for (int i = 0; i < times.length; i++) {
            times[i] = nanosecondsPerRound(loop, rounds);
        }
        java.util.Arrays.sort(times);
        System.out.println(times[times.length / 2]);
    }

    private static double nanosecondsPerRound(String loop, long rounds) {
        Machine machine = MeasuredLoop.machine(loop, rounds);
        long before = THREADS.getCurrentThreadCpuTime();
        Outcome outcome = machine.run(Long.MAX_VALUE, Long.MAX_VALUE);
        long after = THREADS.getCurrentThreadCpuTime();
        if (outcome != Outcome.EXIT) {
            throw new IllegalStateException(loop + " ended with " + outcome);
        }
        return (double) (after - before) / rounds;
    }
}
