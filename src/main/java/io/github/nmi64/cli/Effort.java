package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.schedule.InjectedEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much of the machine an exploration may take. Filled in by picocli. */
final class Effort {
    private static final int MOST_THREADS = 256;
    private static final int DEFAULT_MEMORY_SHARE = 2;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = PositiveNumber.class,
            description = "Worker threads, 1 to 256. Default: the number of processors. Verdict, number of events and "
                    + "schedule do"
                    + " not depend on it.")
    private @Nullable Long threads;

    @Option(
            names = "--memory",
            paramLabel = "MIB",
            converter = PositiveNumber.class,
            description = "MiB for visited states; when they are used up, the verdict is 'bounded'. Default: "
                    + "half of the Java heap, which NMI64_JAVA_OPTIONS=-Xmx8g sets.")
    private @Nullable Long memory;

    /** What events the fixture says may arrive. */
    static List<InjectedEvent> kinds(CheckPlan plan) {
        return plan.events().isEmpty() ? List.of(InjectedEvent.NMI) : plan.events();
    }

    /** How many events the fixture says may arrive. */
    static int bound(CheckPlan plan) {
        return (int) Math.min(plan.maxEvents().orElse(Integer.MAX_VALUE), Integer.MAX_VALUE);
    }

    /** Whether a number of threads other than one was asked for. */
    boolean asksForThreads() {
        return threads != null && threads > 1;
    }

    /**
     * The options that explore everything.
     *
     * @throws BadInput if more is asked for than there is
     */
    CheckOptions options(List<InjectedEvent> kinds, int bound, Costs costs) {
        long workers = threads != null ? threads : Runtime.getRuntime().availableProcessors();
        if (workers > MOST_THREADS) {
            throw new BadInput("--threads: at most " + MOST_THREADS + ", found '" + workers + "'");
        }
        return new CheckOptions(kinds, bound, (int) workers, bytes(), 0, 1, costs.model());
    }

    private long bytes() {
        long heap = Runtime.getRuntime().maxMemory();
        if (memory == null) {
            return heap / DEFAULT_MEMORY_SHARE;
        }
        if (memory > heap >>> 20) {
            throw new BadInput("--memory: '" + memory + "' MiB are more than the Java heap's " + (heap >>> 20)
                    + "; give less, or more heap: NMI64_JAVA_OPTIONS=-Xmx" + Math.min(memory, 1L << 40) * 2 + "m");
        }
        return memory << 20;
    }
}
