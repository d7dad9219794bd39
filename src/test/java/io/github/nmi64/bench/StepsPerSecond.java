package io.github.nmi64.bench;

import io.github.nmi64.machine.Machine;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Steps per second of the run loop: retired instructions, iterations of REP, and deliveries. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class StepsPerSecond {
    private static final int STEPS = 1_000_000;

    @Param({"alu", "memory", "call", "int3", "mixed"})
    public String loop;

    private Machine machine;

    @Setup
    public void reset() {
        machine = MeasuredLoop.machine(loop, Long.MAX_VALUE);
    }

    @Benchmark
    @OperationsPerInvocation(STEPS)
    public Object run() {
        return machine.run(Long.MAX_VALUE, machine.core().clock.now + STEPS);
    }
}
