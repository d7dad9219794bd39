package io.github.nmi64.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;

/** What reading one small input may cost. */
final class Bounds {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Bounds() {}

    /** Runs it and fails if it allocated more than so many bytes. */
    static <T> T within(long bytes, String what, Callable<T> task) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        T result = task.call();
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).as("bytes allocated for %s", what).isLessThan(bytes);
        return result;
    }
}
