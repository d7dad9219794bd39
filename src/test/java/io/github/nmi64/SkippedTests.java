package io.github.nmi64;

import java.io.PrintStream;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Says at the end of a run how many tests were left out, and why: a comparison that did not take place must not look like
 * one that succeeded. Registered for every run by {@code META-INF/services}; silent if nothing was left out.
 */
public final class SkippedTests implements TestExecutionListener {
    private static final String ASSUMPTION = "Assumption failed: ";

    private final PrintStream out;
    private final Map<String, Long> reasons = new TreeMap<>();
    private TestPlan plan;

    /** Prints to standard output, for the launcher. */
    public SkippedTests() {
        this(System.out);
    }

    SkippedTests(PrintStream out) {
        this.out = out;
    }

    @Override
    public synchronized void testPlanExecutionStarted(TestPlan started) {
        plan = started;
        reasons.clear();
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        leftOut(test, reason);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            leftOut(test, result.getThrowable().map(Throwable::getMessage).orElse(null));
        }
    }

    /** A class that is left out counts with all the tests that are known of it, and at least once. */
    private void leftOut(TestIdentifier test, String reason) {
        long tests = plan.getDescendants(test).stream()
                .filter(TestIdentifier::isTest)
                .count();
        String words = reason == null || reason.isBlank() ? "no reason given" : reason.strip();
        String line = words.startsWith(ASSUMPTION) ? words.substring(ASSUMPTION.length()) : words;
        reasons.merge(line.replaceAll("\\s*\\R\\s*", " "), Math.max(1, tests), Long::sum);
    }

    @Override
    public synchronized void testPlanExecutionFinished(TestPlan finished) {
        long count = reasons.values().stream().mapToLong(Long::longValue).sum();
        if (count > 0) {
            out.println(count + (count == 1 ? " test" : " tests") + " skipped:");
            reasons.forEach((reason, tests) -> out.println("  " + tests + ": " + reason));
            out.flush();
        }
    }
}
