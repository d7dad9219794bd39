package io.github.nmi64.report;

import java.util.Locale;
import java.util.Optional;

/**
 * One fixture among several.
 *
 * @param report what was found; empty if nothing could be explored
 * @param problem why not; empty if something was
 */
public record CheckRow(String name, Optional<CheckReport> report, String problem, Standing standing) {

    /** A fixture that was explored. */
    public static CheckRow of(CheckReport report) {
        return new CheckRow(report.fixture(), Optional.of(report), "", report.standing());
    }

    /** A fixture of a directory that has nothing to explore. */
    public static CheckRow skipped(String name) {
        String why = "for 'nmi64 run' only: it has no directive 'window'";
        return new CheckRow(name, Optional.empty(), why, Standing.SKIPPED);
    }

    /** A fixture that could not be explored, and why. */
    public static CheckRow failed(String name, Standing standing, RuntimeException problem) {
        return new CheckRow(name, Optional.empty(), String.valueOf(problem.getMessage()), standing);
    }

    /** True if there was nothing to explore. */
    public boolean isSkipped() {
        return standing == Standing.SKIPPED;
    }

    /** True if nothing is wrong with it. */
    public boolean isGood() {
        return standing == Standing.OK || isSkipped();
    }

    /** What was found, in one line; of a problem that has more lines, the first. */
    public String detail() {
        return report.map(CheckRow::detail)
                .orElseGet(() -> problem.lines().findFirst().orElse(""));
    }

    private static String detail(CheckReport report) {
        String expected = report.expected()
                .map(wanted -> report.asExpected().orElse(false) ? ", as expected" : "; expected: " + wanted.text())
                .orElse("");
        return String.format(
                Locale.ROOT,
                "%s, %s, %.2f s%s",
                report.verdict(),
                CheckText.counted(report.result().states(), "state"),
                report.seconds(),
                expected);
    }
}
