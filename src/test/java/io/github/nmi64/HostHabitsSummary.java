package io.github.nmi64;

import io.github.nmi64.oracle.HostHabits;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Supplier;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/**
 * Says at the end of a run where the CPU it ran on does otherwise than nmi64, so that a comparison with less than everything
 * does not look like one with all. Registered for every run by {@code META-INF/services}; silent if no CPU was measured or
 * if it has no habit of its own.
 */
public final class HostHabitsSummary implements TestExecutionListener {
    private final PrintStream out;
    private final Supplier<List<String>> habits;

    /** Prints to standard output, for the launcher. */
    public HostHabitsSummary() {
        this(System.out, HostHabits::told);
    }

    HostHabitsSummary(PrintStream out, Supplier<List<String>> habits) {
        this.out = out;
        this.habits = habits;
    }

    @Override
    public void testPlanExecutionFinished(TestPlan finished) {
        List<String> lines = habits.get();
        if (!lines.isEmpty()) {
            out.println("where the manuals leave it open, this host does otherwise than nmi64 (docs/fidelity.md):");
            lines.forEach(line -> out.println("  " + line));
            out.flush();
        }
    }
}
